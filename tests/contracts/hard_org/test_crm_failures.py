from tests.contracts.test_crm_failures import *  # noqa: F403
