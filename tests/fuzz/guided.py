# SPDX-License-Identifier: AGPL-3.0-or-later
"""Run one fuzz target under atheris: `guided.py TARGET CORPUS [libFuzzer options]`."""

import importlib.util
import sys

import atheris


def main() -> None:
    path = sys.argv.pop(1)
    with atheris.instrument_imports(include=["machimori"]):
        spec = importlib.util.spec_from_file_location("target", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    atheris.Setup(sys.argv, module.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
