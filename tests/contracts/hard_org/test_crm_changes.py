from tests.contracts.test_crm_changes import *  # noqa: F403
