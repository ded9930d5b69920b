from tests.contracts.test_crm_matching import *  # noqa: F403
