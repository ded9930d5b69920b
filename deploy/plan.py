"""The steps in their order, how a plan is shown, and how it is carried out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from deploy import databases, identities, keys, secret_values, services, traffic, watching
from deploy.choices import Choices
from deploy.gcloud import Command, DeployError, Gcloud, Run, run_gcloud
from deploy.rendering import ROOT
from deploy.steps import Site, Step
from deploy.upload import check_uploads

STEPS = (
    Step("APIs", identities.enable_apis),
    # First of what cannot be undone: Google refuses a region without App Engine here, before anything lies in it.
    Step("App Engine's app", services.create_app),
    Step("service accounts", identities.create_accounts),
    Step("roles in the project", identities.grant_project_roles),
    Step("who may act as which account", identities.grant_use_of_accounts),
    Step("audit logs of keys and secrets", identities.switch_audit_logs_on),
    Step("key ring", keys.create_key_ring),
    Step("keys", keys.create_keys),
    Step("who may use which key", keys.grant_use_of_keys),
    Step("databases", databases.create_databases),
    Step("protection of the databases", databases.protect_databases),
    Step("indexes", databases.create_indexes),
    Step("secrets", secret_values.create_secrets),
    Step("values of the secrets", secret_values.fill_secrets),
    Step("who may read the secrets", secret_values.grant_reading_of_secrets),
    Step("queues", traffic.create_queues),
    Step("roles of the builds", identities.grant_build_roles),
    Step("topic for Gmail's pushes", traffic.create_topic),
    Step("metrics out of the log", watching.create_metrics),
    Step("service default", services.deploy_default),
    Step("service worker", services.deploy_worker),
    Step("cron", services.deploy_cron),
    Step("subscription of the pushes", traffic.create_subscription),
    Step("add-on", services.deploy_addon),
    Step("build/deploy/operator.env", services.write_operator_file, without="written when the steps run"),
    Step("alert policies", watching.create_policies),
)


IDLE = (
    "Earlier versions of default still run an instance each, and are billed. Once you do not want to go back to them:"
    " gcloud app versions delete {versions} --service=default --project={project}"
)


NOBODY_ASKED = (
    "this plan asked nobody: whether Google has the project and the region, and lets you in, shows with `make deploy`."
)


@dataclass(frozen=True)
class Planned:
    """``problem`` is why a step's commands cannot be told yet."""

    step: Step
    commands: tuple[Command, ...]
    problem: str = ""


def make_plan(site: Site) -> list[Planned]:
    """What is missing now. A step that needs what an earlier one makes shows what it would do without it."""
    plan = []
    for step in STEPS:
        try:
            plan.append(Planned(step, tuple(step.missing(site))))
        except DeployError as error:
            plan.append(Planned(step, (), str(error)))
    return plan


def show_plan(plan: list[Planned], say: Callable[[str], None]) -> None:
    for number, planned in enumerate(plan, 1):
        state = planned.problem or ("" if planned.commands else planned.step.without)
        say(f"{number:>2}. {planned.step.name}{': ' + state if state else ''}")
        for command in planned.commands:
            say(f"      {command}")


def carry_out(site: Site, say: Callable[[str], None]) -> None:
    """Each step asks anew what is missing, and does it. Raises DeployError at the first failure."""
    site.is_planning = False
    for number, step in enumerate(STEPS, 1):
        try:
            for command in step.missing(site):
                say(f"{number:>2}. {step.name}: {command}")
                if site.cloud:
                    site.cloud.tell(command)
        except DeployError as error:
            raise DeployError(
                f"Stopped at step {number}, {step.name}. {error}\nMend it and run the same command again: it goes on"
                " from here."
            ) from None


def deploy(
    choices: Choices,
    *,
    only_plan: bool,
    confirm: Callable[[], bool],
    say: Callable[[str], None],
    run: Run = run_gcloud,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Show the plan, ask, carry it out. False where the person said no, or wanted the plan alone.

    ``only_plan`` asks nobody, so it shows all that an empty project needs. Raises DeployError, also before anything is
    made for what may not travel.
    """
    check_uploads(ROOT)
    cloud = None if only_plan else Gcloud(choices.project, run, sleep)
    site = Site(choices, cloud)
    if cloud:
        cloud.is_patient = False
        _find_project(cloud, choices.project)
    show_plan(make_plan(site), say)
    for note in [*choices.notes, *([] if cloud else [NOBODY_ASKED])]:
        say(f"Note: {note}")
    if cloud is None or not confirm():
        return False
    cloud.is_patient = True
    cloud.forget()
    carry_out(site, say)
    if idle := services.list_idle_versions(site):
        say(IDLE.format(versions=" ".join(idle), project=choices.project))
    return True


def _find_project(cloud: Gcloud, project: str) -> None:
    """Raises DeployError. A plan counts what it may not see as missing, so who may see nothing gets no plan."""
    if cloud.ask("projects", "describe", project) is None:
        raise DeployError(f"There is no project {project}, or gcloud's account may not see it: `gcloud auth list`.")
