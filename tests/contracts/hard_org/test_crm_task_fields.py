from tests.contracts.test_crm_task_fields import *  # noqa: F403
