from tests.contracts.test_crm_inserts import *  # noqa: F403
