"""What people read, in one place. Plain, short, no blame, one next step."""

TITLE = "Salesforce log"
HOME_TITLE = "Your customer emails are logged for you"
HOME_TEXT = "Mail with people or companies in Salesforce is added there. Everything else stays in Gmail. {who}"
HOME_WHO = {
    "text": "Anyone who can open the record in Salesforce can read the email.",
    "subject": "Anyone who can open the record in Salesforce can see its subject, and not its text.",
    "headers": "Anyone who can open the record in Salesforce can see who wrote to whom, and neither subject nor text.",
}
