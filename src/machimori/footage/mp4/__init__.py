# SPDX-License-Identifier: AGPL-3.0-or-later
"""MP4 files (ISO/IEC 14496-12, -15) by stream copy, written and read back.

Standard library only: the offline verifier is built from these modules.
"""
