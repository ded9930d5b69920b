from tests.contracts.test_crm_other_tools import *  # noqa: F403
