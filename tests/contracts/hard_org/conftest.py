"""Each scene's org has all switches at once; for a test that asserts the contrary of some, those are off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.salesforce.switches import OrgSwitches
from simulator.world import World
from tests.support.scene import MakeScene, Scene

CALLS = (
    "automation_bears", "query_bears", "rows_in_page", "open_cursors", "generic_audience", "opaque_tokens",
    "no_people_in_collections",
)  # fmt: skip
"""The test counts calls or pages, of which such an org needs more."""
USERS = ("private_users", "unreadable")
"""It asks for Users by all that a User has."""
SEEN = ("private_activities",)
"""It looks for activities that were filed, moves them or removes them."""
TYPED = ("read_only_fields",)
"""It holds the Type of a Task, or that all fields may be written."""
LONG = ("byte_fields",)
"""It holds lengths in characters."""
PAST = ("storage_used_percent",)
"""It logs mail of the past, which a full org holds back."""
CONTRARY: dict[str, tuple[tuple[str, ...], ...]] = {
    "test_a_key_that_is_there_already_counts_as_filed": (SEEN,),
    "test_addresses_are_found_whatever_their_case": (USERS,),
    "test_an_activity_is_a_closed_email_task_with_all_that_we_know": (TYPED,),
    "test_an_address_with_umlauts_is_found_however_it_is_typed": (USERS,),
    "test_an_empty_question_costs_nothing": (CALLS,),
    "test_find_sees_what_stands_what_is_deleted_and_what_is_archived": (SEEN,),
    "test_more_rows_than_a_page_holds_are_all_read": (CALLS,),
    "test_nothing_is_ever_too_long_for_the_org": (LONG,),
    "test_of_a_deleted_and_a_standing_activity_the_standing_one_is_found": (SEEN,),
    "test_one_question_finds_contacts_leads_accounts_and_users_in_one_call": (USERS, CALLS),
    "test_the_shape_names_our_fields_as_this_org_does": (TYPED, USERS, CALLS),
    "test_two_hundred_activities_are_filed_by_one_call_and_answered_in_order": (CALLS,),
    "test_two_thousand_addresses_cost_few_calls": (CALLS,),
    "test_a_move_s_failures_are_values_in_order": (SEEN,),
    "test_an_activity_is_given_to_a_user_and_nothing_else_of_it_changes": (SEEN,),
    "test_an_activity_is_moved_between_all_kinds_of_records": (SEEN,),
    "test_moved_together_is_all_or_none": (SEEN,),
    "test_one_call_moves_two_hundred": (SEEN, CALLS),
    "test_removing_is_for_the_recycle_bin_and_twice_is_once": (SEEN,),
    "test_a_lost_answer_to_an_insert_is_a_doubt": (SEEN,),
    "test_a_second_refusal_in_a_row_asks_for_a_reconnect": (CALLS,),
    "test_a_session_that_ends_between_two_pages_is_renewed": (CALLS,),
    "test_a_session_that_ends_is_renewed_once_and_nobody_notices": (CALLS,),
    "test_a_status_counts_whatever_the_page_says": (CALLS,),
    "test_a_thousand_activities_are_one_call": (CALLS,),
    "test_a_thousand_whose_answer_is_lost_are_all_found_by_their_keys": (SEEN, CALLS),
    "test_an_old_figure_that_stops_work_is_asked_for_anew": (CALLS,),
    "test_the_allowance_is_asked_for_once_where_nothing_is_known": (CALLS,),
    "test_the_allowance_is_what_the_last_answer_said": (CALLS,),
    "test_the_lost_answer_to_a_second_try_loses_no_other_answer": (SEEN,),
    "test_a_contact_is_found_by_each_of_its_email_fields": (USERS, TYPED),
    "test_a_domain_field_that_cannot_be_searched_stops_nothing": (TYPED, USERS),
    "test_a_line_of_the_table_that_names_no_active_user_is_told_and_left_out": (USERS, TYPED),
    "test_a_mail_of_a_californian_evening_stands_under_that_day": (USERS, PAST),
    "test_a_person_account_is_a_contact_and_never_a_company": (PAST,),
    "test_a_mailbox_is_a_user_by_email_federation_id_or_username": (USERS,),
    "test_a_user_works_in_a_time_zone": (USERS,),
    "test_an_org_that_hides_time_zones_is_asked_for_none": (USERS,),
    "test_owners_of_records_are_known_by_id_with_all_their_addresses": (USERS,),
    "test_so_does_a_user_of_the_table": (USERS,),
    "test_ten_thousand_addresses_are_a_few_statements_that_salesforce_takes": (CALLS,),
    "test_the_table_has_the_last_word_and_asks_nothing": (USERS, CALLS),
    "test_what_would_be_slow_in_a_large_org_is_told": (USERS, TYPED),
    "test_whether_its_owner_can_own_an_activity_comes_with_each_record": (USERS,),
    "test_a_required_field_of_the_orgs_own_is_filled_by_setting": (TYPED,),
    "test_a_value_that_describe_refutes_is_told_and_not_sent": (TYPED,),
}


@pytest.fixture
def make_scene(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeScene]:
    scenes: list[Scene] = []
    contrary = CONTRARY.get(request.function.__name__, ())
    easy = OrgSwitches()
    switches = replace(OrgSwitches.hard(), **{name: getattr(easy, name) for names in contrary for name in names})

    def make(world: World | None = None, **settings: str) -> Scene:
        folder = tmp_path / f"scene{len(scenes)}"
        folder.mkdir()
        scenes.append(Scene(folder, world, **settings))
        scenes[-1].universe.org.switches = switches
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()
