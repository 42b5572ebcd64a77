# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m machimori.simcity`: the process that `SimCity` starts."""

import sys

from machimori.simcity.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
