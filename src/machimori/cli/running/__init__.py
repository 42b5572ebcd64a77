# SPDX-License-Identifier: AGPL-3.0-or-later
"""One installation as one command: what runs (`members`), from which file (`config`), and who
starts it again (`supervisor`)."""
