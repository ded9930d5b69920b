"""App Engine's two services with cron, and the add-on that calls them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from deploy.gcloud import Command, DeployError
from deploy.rendering import BUILD, FILES, ROOT, SERVICE, build_service, render
from deploy.secret_values import name_secrets
from deploy.steps import Site, last_part
from server.rules.forecast.deployment import LANES, share_units
from server.settings import Settings
from server.web.addon import deployment

ADDON = "truly"
DEPLOYMENT_FILE = BUILD / "deployment.json"
OPERATOR_FILE = BUILD / "operator.env"


def create_app(site: Site) -> Iterable[Command]:
    """The place of an app is chosen once."""
    if site.ask("app", "describe") is None:
        yield Command(("app", "create", f"--region={site.choices.app_region}"))


def deploy_default(site: Site) -> Iterable[Command]:
    return _deploy_service(site, "default")


def list_idle_versions(site: Site) -> list[str]:
    """Versions of ``default`` without traffic. Each keeps the one warm instance of app.yaml; a worker's ends."""
    versions = site.ask_list("app", "versions", "list", "--service=default")
    return [str(entry["id"]) for entry in versions if float(entry.get("traffic_split", 0)) == 0.0]


def deploy_worker(site: Site) -> Iterable[Command]:
    return _deploy_service(site, "worker")


def _deploy_service(site: Site, service: str) -> Iterator[Command]:
    """A version is named after what is in it, so that the same files are deployed once."""
    files = render_files(site)
    version = build_service(ROOT, SERVICE, files)
    versions = site.ask_list("app", "versions", "list", f"--service={service}")
    if not any(entry.get("id") == version and float(entry.get("traffic_split", 0)) == 1.0 for entry in versions):
        yield Command(("app", "deploy", str(SERVICE / FILES[service]), f"--version={version}", "--promote"))


def render_files(site: Site) -> dict[str, str]:
    """app.yaml, worker.yaml and cron.yaml with the values of this project."""
    choices = site.choices
    values: dict[str, str | int] = {
        "SIDEBAR_ACCOUNT": choices.account("truly-sidebar"),
        "WORKER_ACCOUNT": choices.account("truly-worker"),
        "SIDEBAR_INSTANCES": int(choices.sidebar_instances),
        "WORKER_INSTANCES": int(choices.worker_instances),
    }
    settings = collect_settings(site)
    files = {name: render((ROOT / name).read_text(encoding="utf-8"), values, settings) for name in FILES.values()}
    return files | {"cron.yaml": (ROOT / "cron.yaml").read_text(encoding="utf-8")}


def collect_settings(site: Site) -> dict[str, str]:
    """The settings of both services: what follows from the project, and what the operator chose."""
    return {**share_quota(site), **site.choices.environment(site.host(), name_secrets(site), ask_addon(site))}


def write_operator_file(site: Site) -> Iterable[Command]:
    """The same settings for the commands of an operator, as a shell reads them. None of them is a secret."""
    if not site.is_planning:
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(collect_settings(site).items())]
        OPERATOR_FILE.parent.mkdir(parents=True, exist_ok=True)
        OPERATOR_FILE.write_text("".join(lines), encoding="utf-8")
    return []


def share_quota(site: Site) -> dict[str, str]:
    """Each process paces itself, so each instance gets its share of the project's quota a minute.

    The units a day are shared through the state. How many mailboxes are read at a time is told for forecasts.
    """
    workers = int(site.choices.worker_instances)
    share = share_units(workers, int(site.choices.sidebar_instances))
    at_a_time = LANES["backfill"].count_at_a_time(workers)
    return {"GMAIL_PROJECT_UNITS_PER_MINUTE": str(share), "BACKFILLS_AT_A_TIME": str(at_a_time)}


def deploy_cron(site: Site) -> Iterator[Command]:
    """No command says which cron jobs there are. Deploying the file replaces them all."""
    del site
    yield Command(("app", "deploy", str(SERVICE / "cron.yaml")))


def ask_addon(site: Site) -> dict[str, str]:
    """Who calls when a card is opened. Raises DeployError while the steps run and Google does not say it."""
    answer = site.ask("workspace-add-ons", "get-authorization") or {}
    caller, client = answer.get("serviceAccountEmail", ""), answer.get("oauthClientId", "")
    if not (caller and client) and not site.is_planning:
        raise DeployError(
            "Google does not say yet who calls the add-on. Configure the OAuth consent screen as internal"
            " (docs/deploy.md), then run this again."
        )
    return {"ADDON_SERVICE_ACCOUNT": caller, "ADDON_CLIENT_ID": client} if caller else {}


def deploy_addon(site: Site) -> Iterator[Command]:
    rendered = render_addon(site)
    there = {last_part(entry): entry for entry in site.ask_list("workspace-add-ons", "deployments", "list")}
    if ADDON in there and _says(there[ADDON], rendered):
        return
    verb = "replace" if ADDON in there else "create"

    def write() -> None:
        DEPLOYMENT_FILE.parent.mkdir(parents=True, exist_ok=True)
        DEPLOYMENT_FILE.write_text(json.dumps(rendered, indent=2), encoding="utf-8")

    yield Command(
        ("workspace-add-ons", "deployments", verb, ADDON, f"--deployment-file={DEPLOYMENT_FILE}"), prepare=write
    )


def render_addon(site: Site) -> dict[str, Any]:
    return deployment(Settings.of(collect_settings(site)))


def _says(there: Any, rendered: Any) -> bool:
    """Whether what is there has all that we want; Google adds names and defaults of its own."""
    if isinstance(rendered, dict):
        return isinstance(there, dict) and all(_says(there.get(key), value) for key, value in rendered.items() if value)
    if isinstance(rendered, list):
        pairs = zip(there, rendered, strict=True) if isinstance(there, list) and len(there) == len(rendered) else None
        return pairs is not None and all(_says(one, other) for one, other in pairs)
    return bool(there == rendered)
