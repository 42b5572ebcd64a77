# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori simcity`: simulated cameras, and what is to go wrong with them."""

import argparse
from pathlib import Path

from machimori.simcity import process
from machimori.simcity.control import ask
from machimori.simcity.errors import UnknownError
from machimori.simcity.faults import KINDS, Arguments, Value


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command group `simcity`."""
    group = subparsers.add_parser("simcity", help="simulated cameras")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="stream from simulated cameras until ended")
    process.add_arguments(serve)
    serve.set_defaults(run=process.run)
    fault = commands.add_parser("fault", help="set or clear a fault of a camera")
    fault.add_argument("control", type=Path, help="the control socket of the city")
    fault.add_argument("camera", help="such as cam-0001")
    fault.add_argument("name", nargs="?", help="a fault of `machimori simcity faults`")
    fault.add_argument("arguments", nargs="*", metavar="KEY=VALUE")
    fault.add_argument("--clear", action="store_true", help="take it off, or all if none is named")
    fault.set_defaults(run=_fault)
    faults = commands.add_parser("faults", help="list what can be wrong with a camera")
    faults.set_defaults(run=_faults)


def _fault(args: argparse.Namespace) -> int:
    if not args.name and not args.clear:
        raise UnknownError("no fault named", remedy="name one, or --clear")
    order = {"do": "clear" if args.clear else "fault", "camera": args.camera, "name": args.name}
    if not args.clear:
        order["arguments"] = parse(args.name, args.arguments)
    ask(args.control, order)
    return 0


def _faults(_: argparse.Namespace) -> int:
    for name, kind in KINDS.items():
        arguments = " ".join(f"{key}={value}" for key, value in kind.arguments.items())
        print(f"{name:18} {kind.text}" + (f"  [{arguments}]" if arguments else ""))
    return 0


def parse(name: str, pairs: list[str]) -> Arguments:
    """`KEY=VALUE` words as the arguments of fault `name`, each of its default's type.

    Raises UnknownError for an unknown fault or argument or a value of another type.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownError(f"no fault {name!r}", remedy="machimori simcity faults")
    arguments: Arguments = {}
    for pair in pairs:
        key, _, text = pair.partition("=")
        if key not in kind.arguments:
            raise UnknownError(f"fault {name} has no argument {key!r}")
        arguments[key] = _value(text, kind.arguments[key])
    return arguments


def _value(text: str, default: Value) -> Value:
    if isinstance(default, bool):
        return text.lower() in ("true", "yes", "1")
    try:
        return type(default)(text)
    except ValueError as error:
        raise UnknownError(f"{text!r} is not like {default!r}") from error
