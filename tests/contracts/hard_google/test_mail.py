from tests.contracts.test_mail import *  # noqa: F403
