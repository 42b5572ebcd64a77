# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the simulated city refuses or cannot do."""

from machimori.kernel.errors import MachimoriError, MalformedError, UnavailableError, UsageError


class SimCityError(MachimoriError):
    """Root of this package's errors."""


class RequestError(SimCityError, MalformedError):
    """A client sent something that is not an RTSP/1.0 request (RFC 2326 6)."""


class UnknownError(SimCityError, UsageError):
    """No such camera, fault, argument or codec in this city."""


class StartError(SimCityError, UnavailableError):
    """The city's process did not start, or does not answer on its control socket."""
