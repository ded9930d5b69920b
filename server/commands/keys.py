"""keys: make key files, replace lost ones, and rotate."""

from __future__ import annotations

import time

import click

from server.bootstrap import open_key_state
from server.commands.running import Source, report_errors, stderr, stdout
from server.domain.errors import BadInputError
from server.domain.identity import KeyKind
from server.engine.operations.key_changes import create_first_keys, list_costs, replace_keys, rotate_key
from server.settings import Settings

KEEP_APART = "Keep vault.private.pem under another user account than the service's."

VAULT_USED = "Running processes use it within a minute."
WORK_USED = "Restart the service to use it."
WORK_USED_IN_KMS = "Running processes use it from the next day (UTC) on, restarted ones at once."
"""Each day has a DEK of its own, and Cloud KMS wraps with the newest version whoever asks."""


def commands(source: Source) -> list[click.Command]:
    return [_keys(source)]


def _keys(source: Source) -> click.Command:
    @click.group("keys", invoke_without_command=True)
    @click.option("--new", "is_new", is_flag=True, help="Replace keys that are lost for good, and say what that costs.")
    @click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask.")
    @click.pass_context
    @report_errors
    def group(context: click.Context, is_new: bool, is_confirmed: bool) -> None:
        """Create the key files in the folder KEYS. Existing files are never overwritten."""
        if context.invoked_subcommand is None:
            _replace(source, is_confirmed=is_confirmed) if is_new else _create(source)

    @group.command("rotate")
    @click.argument("key", type=click.Choice([KeyKind.VAULT.value, KeyKind.WORK.value]))
    @report_errors
    def rotate(key: str) -> None:
        """Add a version of the vault or the work key. Earlier versions go on opening what they sealed."""
        settings, kind = source.settings(), KeyKind(key)
        with open_key_state(settings) as (store, keeper):
            if store is None:
                raise BadInputError("There is no state yet: there is nothing to rotate. Start the service once.")
            where = rotate_key(store, keeper, kind, settings.organisation, time.time())
        stdout.print(f"The new version of the {kind.value} key is in {where}. {_say_used(kind, settings)}")
        if kind is KeyKind.VAULT and settings.keys is None:
            stdout.print("Then run vault rewrap as the account that opens copies.")
        elif kind is KeyKind.VAULT:
            stdout.print(f"Move {where} to the user who opens copies, beside the earlier files.")
            stdout.print("Copy vault.public.pem to every folder KEYS. Then run vault rewrap as that user.")
        elif settings.keys is not None:
            stdout.print("Copy work.key to every machine that has a folder KEYS, before any is restarted.")

    return group


def _say_used(kind: KeyKind, settings: Settings) -> str:
    if kind is KeyKind.VAULT:
        return VAULT_USED
    return WORK_USED if settings.keys else WORK_USED_IN_KMS


def _create(source: Source) -> None:
    settings = source.settings()
    if settings.keys is None:
        raise BadInputError("KEYS names Cloud KMS, where `make deploy` creates the keys. There are no files to make.")
    with open_key_state(settings) as (store, keeper):
        create_first_keys(store, keeper)
    stdout.print(f"The keys are in {settings.keys}. {KEEP_APART}")


def _replace(source: Source, *, is_confirmed: bool) -> None:
    settings = source.settings()
    with open_key_state(settings) as (store, keeper):
        if store is None:
            raise BadInputError("There is no state yet, so no key of it is lost. Run keys without --new.")
        costs = list_costs(store, keeper)
        if not costs:
            stdout.print("All keys are there, and they are this state's. Nothing was changed.")
            return
        stderr.print("These keys are replaced. That cannot be taken back:")
        for cost in costs:
            stderr.print(f"- {cost}")
        if not is_confirmed:
            click.confirm("Are the keys before lost for good, and shall they be replaced?", abort=True)
        replace_keys(store, keeper, settings.organisation)
    where, advice = (settings.keys, KEEP_APART) if settings.keys else ("Cloud KMS", "")
    stdout.print(f"The keys are in {where}, and this state knows them. Restart the service. {advice}".rstrip())
