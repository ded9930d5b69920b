"""Install the Salesforce package in an org with one command, or bring it up to date. Needs sf and Python 3.11.

    python3 salesforce/install.py --org customer --integration-user sync@customer.example

docs/salesforce.md has what it does and what it asks. Exit code 0: all done; 1: something is not, and the last lines say
what; 2: the options are not understood; 3: sf or the org is not there, or nothing was to be done.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from installer.removal import Removal
from installer.sf import InstallError, Sf
from installer.steps import Installation, Wishes

PROJECT = Path(__file__).resolve().parent
NOT_HERE = 3


def main(arguments: Sequence[str]) -> int:
    options = _read(arguments)
    if options.uninstall and options.check:
        _say("Error: --check says what an installation would do. --uninstall lists what goes, and asks.")
        return NOT_HERE
    try:
        sf = Sf(options.org, PROJECT)
        if options.uninstall:
            removal = Removal(sf, PROJECT, _say, lambda question: _ask(question, is_agreed=options.yes))
            return 0 if removal.run(with_fields=options.fields_too) else 1
        return _install(sf, options)
    except InstallError as error:
        _say(f"Error: {error}")
        return NOT_HERE
    except KeyboardInterrupt:
        _say("\nInterrupted. Run the same command again: what is done already is done again, and loses nothing.")
        return 130


def _install(sf: Sf, options: argparse.Namespace) -> int:
    """The exit code. What was done is told in any case."""
    installation = Installation(
        sf, PROJECT, _wish(options), _say, lambda question: _ask(question, is_agreed=options.yes)
    )
    try:
        is_done = installation.run()
    finally:
        installation.summarise()
    return 0 if is_done else 1


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="install.py", description="Install the Salesforce package in an org.")
    parser.add_argument("--org", required=True, help="the org's alias or username in sf")
    parser.add_argument("--check", action="store_true", help="a dry run: nothing is changed in the org")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--integration-user", metavar="USERNAME", help="the user that the server logs in as")
    parser.add_argument(
        "--admin", metavar="USERNAME", action="append", default=[], help="who sets domains; you are one"
    )
    parser.add_argument("--reader", metavar="USERNAME", action="append", default=[], help="who reads the reports")
    parser.add_argument("--domain-lists", choices=["yes", "no"], help="accounts hold all domains of their contacts")
    parser.add_argument("--by-rep", action="store_true", help="the report of response time by rep, too")
    parser.add_argument("--layouts", action="store_true", help="put the fields on the Account and Task layouts")
    parser.add_argument("--uninstall", action="store_true", help="remove reports and domains")
    parser.add_argument("--fields-too", action="store_true", help="with --uninstall: fields and what they hold, too")
    options = parser.parse_args(arguments)
    if options.fields_too and not options.uninstall:
        parser.error("--fields-too deletes fields, and only together with --uninstall. Nothing was done.")
    return options


def _wish(options: argparse.Namespace) -> Wishes:
    return Wishes(
        integration_user=options.integration_user,
        admins=tuple(options.admin),
        readers=tuple(options.reader),
        several={"yes": True, "no": False}.get(options.domain_lists),
        by_rep=options.by_rep,
        layouts=options.layouts,
        only_check=options.check,
    )


def _ask(question: str, *, is_agreed: bool) -> bool:
    """Raises InstallError where nobody can be asked."""
    if is_agreed:
        return True
    if not sys.stdin.isatty():
        raise InstallError("Nobody is there to be asked. With --yes it goes on without asking.")
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
