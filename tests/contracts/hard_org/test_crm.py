from tests.contracts.test_crm import *  # noqa: F403
