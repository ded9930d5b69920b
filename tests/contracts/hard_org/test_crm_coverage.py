from tests.contracts.test_crm_coverage import *  # noqa: F403
