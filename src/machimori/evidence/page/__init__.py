# SPDX-License-Identifier: AGPL-3.0-or-later
"""`verify.html`: the verifier as one page that works from a disk, in a browser, without network."""
