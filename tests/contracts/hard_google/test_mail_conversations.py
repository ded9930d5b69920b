from tests.contracts.test_mail_conversations import *  # noqa: F403
