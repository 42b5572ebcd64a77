# SPDX-License-Identifier: AGPL-3.0-or-later
"""The offline verifier: says whether an evidence package is what the city handed out.

Standard library only, down to the signatures, because it is copied into one file that a court's,
a lawyer's or a newspaper's own computer runs without a network (`machimori evidence verifier`).
"""
