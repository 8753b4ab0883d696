# Written by editors/dashboard/generate from schemas/: change those, and run it again.
"""An exception for each kind of error that the server answers with."""

from __future__ import annotations

from .errors import BridgeError


class ParseError(BridgeError):
    """The bytes were not JSON."""


class InvalidRequestError(BridgeError):
    """JSON, but no JSON-RPC request, or one that may not come now."""


class MethodNotFoundError(BridgeError):
    """No method of that name."""


class InvalidParamsError(BridgeError):
    """The parameters are missing, of the wrong type, or make no sense together."""


class InternalError(BridgeError):
    """A fault of ours."""


class ServerNotInitializedError(BridgeError):
    """A request came before `initialize`."""


class RequestCancelledError(BridgeError):
    """The client cancelled the request."""


class SessionNotFoundError(BridgeError):
    """No session has that id."""


class StudyNotFoundError(BridgeError):
    """No study has that id."""


class PermissionNotFoundError(BridgeError):
    """No permission that waits for an answer has that id."""


class InvalidQueryError(BridgeError):
    """A search that cannot be read."""


class SessionBusyError(BridgeError):
    """The session's queue of messages is full."""


class ModeNotAllowedError(BridgeError):
    """Power mode was asked for where the configuration does not enable it."""


class SessionHeldError(BridgeError):
    """Another live bridge runs the session."""


class SessionClosedError(BridgeError):
    """The session was closed or deleted while the message waited."""


class SessionExistsError(BridgeError):
    """A session of that id is there already, and not the same."""


class CliNotFoundError(BridgeError):
    """The Claude CLI is not where it was looked for."""


class CliUnsupportedError(BridgeError):
    """The Claude CLI that was found is too old."""


class CliExitedError(BridgeError):
    """The Claude CLI ended when it should not have."""


class CliTimeoutError(BridgeError):
    """The Claude CLI did not answer in time."""


class CliProtocolError(BridgeError):
    """The Claude CLI said something that cannot be followed."""


class AuthenticationError(BridgeError):
    """The API did not accept the credential."""


class ApiError(BridgeError):
    """The API refused or failed the request."""


class OverloadedApiError(BridgeError):
    """The API is overloaded."""


class BudgetExceededError(BridgeError):
    """The session's budget is spent."""


class StoreUnavailableError(BridgeError):
    """The history cannot be opened, read or written."""


class StoreCorruptError(BridgeError):
    """The history's file is damaged."""


class StoreNewerError(BridgeError):
    """The history was written by a newer version."""


class OverloadedError(BridgeError):
    """Too many sessions or requests at once."""


class ShuttingDownError(BridgeError):
    """The server is going down and takes nothing new."""


class PayloadTooLargeError(BridgeError):
    """A message is longer than the limit."""


#: The exception of each kind.
BY_KIND: dict[str, type[BridgeError]] = {
    "parseError": ParseError,
    "invalidRequest": InvalidRequestError,
    "methodNotFound": MethodNotFoundError,
    "invalidParams": InvalidParamsError,
    "internalError": InternalError,
    "serverNotInitialized": ServerNotInitializedError,
    "requestCancelled": RequestCancelledError,
    "sessionNotFound": SessionNotFoundError,
    "studyNotFound": StudyNotFoundError,
    "permissionNotFound": PermissionNotFoundError,
    "invalidQuery": InvalidQueryError,
    "sessionBusy": SessionBusyError,
    "modeNotAllowed": ModeNotAllowedError,
    "sessionHeld": SessionHeldError,
    "sessionClosed": SessionClosedError,
    "sessionExists": SessionExistsError,
    "cliNotFound": CliNotFoundError,
    "cliUnsupported": CliUnsupportedError,
    "cliExited": CliExitedError,
    "cliTimeout": CliTimeoutError,
    "cliProtocol": CliProtocolError,
    "authentication": AuthenticationError,
    "apiError": ApiError,
    "overloadedApi": OverloadedApiError,
    "budgetExceeded": BudgetExceededError,
    "storeUnavailable": StoreUnavailableError,
    "storeCorrupt": StoreCorruptError,
    "storeNewer": StoreNewerError,
    "overloaded": OverloadedError,
    "shuttingDown": ShuttingDownError,
    "payloadTooLarge": PayloadTooLargeError,
}
