# SPDX-License-Identifier: AGPL-3.0-or-later
"""Simulated cameras and a small city: for the demo, the tests and the benchmarks."""
