"""What people read, in one place. Plain, short, no blame, one next step. Values that fill a text are inert already.

``tests/web/test_promises.py`` names for each text the test that its promise is kept, or says that it promises nothing.
"""

from addon.codes import LateClick, ReasonCode, Refusal, WhyCode

TITLE = "Salesforce log"

# The home card
HOME_TITLE = "Your customer emails are logged for you"
HOME_TEXT = "Mail with people or companies in Salesforce is added there. Everything else stays in Gmail. {who}"
HOME_WHO = {
    "text": "Anyone who can open the record in Salesforce can read the email.",
    "subject": "Anyone who can open the record in Salesforce can see its subject, and not its text.",
    "headers": "Anyone who can open the record in Salesforce can see who wrote to whom, and neither subject nor text.",
}
NEVER_LOGGED = "What is never logged"
NEVER_LOGGED_TEXT = (
    "Email among colleagues; newsletters, receipts and automatic replies; Spam and Trash; Promotions, Social, Updates,"
    " Forums and Purchases{but}; drafts and chats; conversations that you stop; and everyone who is not in Salesforce."
)
NEVER_LOGGED_BUT = {"skip": "", "contacts": " (but for what contacts write, and answers in logged conversations)"}
"""By the setting NOT_PRIMARY."""

# Help and settings
HELPER = "your Google Workspace admin"
"""Whom people ask where HELP_CONTACT is not set."""
HELP_WHY = "Why"
HELP_WHY_TEXT = "Open an email: its card says whether it is logged, on which record, and why not on another one."
HELP_ASK = "Whom to ask"
HELP_ASK_TEXT = "Ask {helper}. Say which mailbox, when, and what the card says. Don't send the email itself."
HELP_PAGE = "Open the help page"
SETTINGS_MAILBOX = "Your mailbox"
SETTINGS_STAGE = {
    "live": "Its emails with people or companies in Salesforce are logged there.",
    "dry_run": "It is in trial mode: its emails are read, and nothing is written to Salesforce.",
    "draining": "New mail isn't logged any more. What is logged stays in Salesforce.",
}
SETTINGS_START = "Emails from before {day} are left out, unless someone chooses to log them."
SETTINGS_READERS = "Who can read a logged email"
SETTINGS_ASK = "To change any of this, ask {helper}."

# The opened message: a title, and a sentence for each reason
LOGGED = "Logged in Salesforce"
LOGGED_ON = "Logged on {record}"
FORESEEN = "Will be logged in Salesforce"
TRIAL_TITLE = "Trial mode"
TRIAL = "Nothing is written to Salesforce yet. This is what would happen."
TRIAL_LOGGED = "Would be logged in Salesforce"
TRIAL_WAITS = "It waits while your mailbox is in trial mode."
CAN_BE_LOGGED = "Can be logged in Salesforce"
NOT_LOGGED = "Not logged"
WAITING = "Waiting"
REFUSED = "Salesforce refused this email"
UPDATING = "This service is being updated"
SENTENCES = {
    ReasonCode.CONTACT_MATCH: "On {record}. {found_by} is their address.",
    ReasonCode.LEAD_MATCH: "On the lead {record}. {found_by} is their address.",
    ReasonCode.ACCOUNT_DOMAIN_MATCH: "On {record}, because the address ends in {found_by}.",
    ReasonCode.RULE_MATCH: "On {record}. A standing rule names it for this address.",
    ReasonCode.THREAD_OVERRIDE: "On {record}. {chosen_by} chose it for this conversation.",
    ReasonCode.NOT_MAIL: "This is a draft, a chat or not sent yet.",
    ReasonCode.NOT_PRIMARY: "Gmail put this email in {category}.",
    ReasonCode.BEFORE_START: "It is older than the day from which this mailbox is logged.",
    ReasonCode.KEPT_OUT: "Logging of this conversation was stopped.",
    ReasonCode.BLOCKED: "Someone on this email is on your company's list of people never to log.",
    ReasonCode.INTERNAL_ONLY: "Only colleagues are on this email.",
    ReasonCode.AUTOMATED: "This is an automatic message: no person started it.",
    ReasonCode.CONTACTS_ONLY_ACCOUNT: "For this company, only emails with its contacts are logged."
    " Your Salesforce admin set this.",
    ReasonCode.NO_MATCH: "Nobody on this email is in Salesforce.",
    ReasonCode.READY: "It will be logged within minutes. You don't need to do anything.",
    ReasonCode.HELD: "It waits to be logged. You don't need to do anything.",
    ReasonCode.RETRYING: "Salesforce or Gmail isn't answering. You don't need to do anything.",
    ReasonCode.REJECTED: "Ask your Salesforce admin. We log it once that is fixed.",
    ReasonCode.UNREADABLE: "Gmail gave us nothing that can be read. Open it in Gmail: it may be damaged.",
    ReasonCode.GONE: "It was deleted from Gmail before it could be logged.",
    ReasonCode.ERASED: "Our copy of it was erased. What is in Salesforce stays there.",
    ReasonCode.TAKEN_BACK: "It was deleted from Salesforce, so we leave it out.",
    ReasonCode.NEWER: "A newer version of this service has this email. Open it again in some minutes.",
}
"""The same for the card and for ``explain``. The sentences below take their place where more is known."""
LOGGED_ANYWAY = "Not linked to a Salesforce record. {chosen_by} chose to log it anyway."
CHOSEN_GONE = "On {record}. The record chosen for this conversation was deleted in Salesforce."
CHOSEN_GONE_NO_RECORD = (
    "Not linked to a Salesforce record. The one chosen for this conversation was deleted in Salesforce."
)
NOT_SENT_YET = "This email is scheduled: it is not sent yet."
NOT_MARKED_SENT = (
    "Gmail doesn't mark this email as sent, so it may still be scheduled. If it was sent, it is logged when it is 7"
    " days old."
)
IN_CATEGORY = "Gmail put this email in {category} (also where tabs are off)."
KEPT_OUT_BY_LABEL = "This conversation has the label that stops logging. Take the label off in Gmail to log it."
KEPT_OUT_BY_OWNER = "The colleague whose email this is stopped logging it, with a label in Gmail."
CONTACTS_ONLY_NAMED = (
    "For {account}, only emails with its contacts are logged. {address} isn't one. Your Salesforce admin set this."
)
NO_MATCH_NAMED = (
    "No person or company for {address} is in Salesforce. Add them and new emails with them will be logged."
)
NO_MATCH_PUBLIC = (
    "Nobody with {address} is in Salesforce. {domain} is listed as a public mail provider, so no company is looked for."
)
REJECTED_SENTENCE = "It says: “{sentence}” Ask your Salesforce admin. We log it once that is fixed."
REJECTED_CODE = "Its answer was {code}. Ask your Salesforce admin. We log it once that is fixed."
HELD_UNTIL = "Logs at {time}."
RETRYING_AT = "Salesforce or Gmail isn't answering. Next try at {time}. You don't need to do anything."
YOU = "You"
SOMEBODY = "Somebody"
NOT_A_CONTACT = "{address} isn't a contact yet."
ON_OPPORTUNITY = "It is also on the only open opportunity."
DOUBLED = "Another tool logged this email too, so it is in Salesforce twice. Tell your Salesforce admin."
JOINED = "Another tool put this email into Salesforce already, so we didn't add it twice. Move or delete it there."
HIDDEN_NOW = "Salesforce isn't answering, so we can't show on which record. Refresh in a minute."
AS_KNOWN = "Salesforce or Gmail answers slowly. This is what we know so far."
BLIND = "The record isn't shown to you."
HIDDEN = "On a record that you can't open in Salesforce."
CATEGORIES = {
    "CATEGORY_PROMOTIONS": "Promotions", "CATEGORY_SOCIAL": "Social", "CATEGORY_UPDATES": "Updates",
    "CATEGORY_FORUMS": "Forums", "CATEGORY_PURCHASES": "Purchases", "SPAM": "Spam", "TRASH": "Trash",
}  # fmt: skip
OTHER_CATEGORY = "another tab"

# The records that were not chosen
NOT_CHOSEN = "Why not another record"
CHOSE = {
    WhyCode.OTHER_NAME: "We chose the one whose name is on this email.",
    WhyCode.OWNED_BY_OTHER: "We chose the one whose owner is on this email.",
    WhyCode.UPDATED_EARLIER: "We chose the one changed last.",
    WhyCode.HIGHER_ID: "They are otherwise identical, so we chose the older one.",
}
YOU_OWN = "We chose the one you own."
OTHERS_HAVE_IT = {
    "Contact": {1: "1 other contact has this address.", 2: "{count} other contacts have this address."},
    "Lead": {1: "1 other lead has this address.", 2: "{count} other leads have this address."},
    "Account": {1: "1 other account has this domain.", 2: "{count} other accounts have this domain."},
}
OTHERS_ON_IT = {
    1: "1 other person on this email is in Salesforce too.",
    2: "{count} other people on this email are in Salesforce too.",
}
AT_LEAST = "At least {count}"
WHYS = {
    WhyCode.OWNED_BY_OTHER: "someone else owns it",
    WhyCode.UPDATED_EARLIER: "it was changed less recently",
    WhyCode.HIGHER_ID: "otherwise identical; this one is newer",
    WhyCode.NOT_A_CONTACT: "a contact comes before a lead",
    WhyCode.NOT_A_PERSON: "a person comes before a company",
    WhyCode.CONTACTS_ONLY: "for this company, only emails with its contacts are logged",
    WhyCode.CHOICE_OF_A_PERSON: "someone chose another record",
    WhyCode.PARENT_DOMAIN: "another account's domain is closer",
    WhyCode.NOT_EXACT_ADDRESS: "another record's address is closer",
    WhyCode.BLIND_COPY: "only in Bcc, so it comes after the people in To and Cc",
    WhyCode.OTHER_NAME: "the email has another person's name",
    WhyCode.NOT_AN_ACCOUNT: "your admin set that a company comes before a lead",
}
MORE_HIDDEN = {
    1: "1 more record is not shown: you can't open it in Salesforce.",
    2: "{count} more records are not shown: you can't open them in Salesforce.",
}
MORE_RECORDS = {1: "1 more record is not shown.", 2: "{count} more records are not shown."}

# The contacts of an email to whom its activity is not related
UNRELATED_ONE = "Shown on one contact only. Your Salesforce allows no more per email."
UNRELATED_BEYOND = {
    1: "1 more contact is not related: Salesforce allows {most}.",
    2: "{count} more contacts are not related: Salesforce allows {most}.",
}
UNRELATED_BLIND = {
    1: "1 contact in Bcc is not related: others would see it in Salesforce.",
    2: "{count} contacts in Bcc are not related: others would see them in Salesforce.",
}

# The other messages of the conversation, and the list of the demo's page
CONVERSATION = {1: "1 other email in this conversation", 2: "{count} other emails in this conversation"}
EARLIER = {1: "1 older email is not shown.", 2: "{count} older emails are not shown."}
SHORT = {
    ReasonCode.CONTACT_MATCH: "Logged: a contact has the address",
    ReasonCode.LEAD_MATCH: "Logged: a lead has the address",
    ReasonCode.ACCOUNT_DOMAIN_MATCH: "Logged: an account has the domain",
    ReasonCode.RULE_MATCH: "Logged: a standing rule names the record",
    ReasonCode.THREAD_OVERRIDE: "Logged: someone chose it",
    ReasonCode.NOT_MAIL: "Not logged: not an email",
    ReasonCode.NOT_PRIMARY: "Not logged: outside the primary inbox",
    ReasonCode.BEFORE_START: "Not logged: too old",
    ReasonCode.KEPT_OUT: "Not logged: stopped",
    ReasonCode.BLOCKED: "Not logged: never to be logged",
    ReasonCode.INTERNAL_ONLY: "Not logged: only colleagues",
    ReasonCode.AUTOMATED: "Not logged: automatic",
    ReasonCode.CONTACTS_ONLY_ACCOUNT: "Not logged: not a contact",
    ReasonCode.NO_MATCH: "Not logged: nobody in Salesforce",
    ReasonCode.READY: "Waiting",
    ReasonCode.HELD: "Waiting",
    ReasonCode.RETRYING: "Waiting",
    ReasonCode.REJECTED: "Refused by Salesforce",
    ReasonCode.UNREADABLE: "Not logged: can't be read",
    ReasonCode.GONE: "Deleted from Gmail",
    ReasonCode.ERASED: "Erased",
    ReasonCode.TAKEN_BACK: "Deleted from Salesforce",
    ReasonCode.NEWER: "Handled by a newer version",
}
SHORT_TRIAL = "Would be logged on {record}"
SHORT_FORESEEN = "Will be logged on {record}"
SHORT_HIDDEN = "Logged"

# Buttons
OPEN = "Open"
OPEN_SPOKEN = "Open {record} in Salesforce"
MOVE = "Move"
USE_ANOTHER = "Use another"
STOP = "Stop logging"
LOG_NOW = "Log now"
LOG_IT_ANYWAY = "Log it anyway"
LOG_AGAIN = "Log again"
CHOOSE = "Choose a record"
ADD_CONTACT = "Add contact"
ADD_LEAD = "Add lead"
REFRESH = "Refresh"
HELP = "Help"
SETTINGS = "Settings"
UNDO = "Undo"
CANCEL = "Cancel"

# Asking first
STOP_TITLE = "Stop logging this conversation?"
STOP_REMOVES = {
    0: "Nothing is deleted from Salesforce. New replies won't be logged.",
    1: "1 email will be deleted from Salesforce and stay in its Recycle Bin for 15 days. New replies won't be logged.",
    2: "{count} emails will be deleted from Salesforce and stay in its Recycle Bin for 15 days."
    " New replies won't be logged.",
}
STAYS = {1: "({names} is on it too; that copy stays.)", 2: "({names} are on it too; their copies stay.)"}
STAYS_UNNAMED = {
    1: "(One of your colleagues has it too; that copy stays.)",
    2: "({count} of your colleagues have it too; their copies stay.)",
}
STOP_YES = "Delete and stop"
STOP_YES_NOTHING = "Stop"

# Choosing a record
CHOOSE_TITLE = "Log this conversation on"
SEARCH_LABEL = "Search contacts, leads and accounts"
SEARCH = "Search"
USE = "Use"
USE_SPOKEN = "Use {record}"
NO_RESULTS = "Nothing that you can open in Salesforce fits “{text}”."
SEARCH_LONGER = "Write at least two letters."
FITTING = "On this email"
RESULTS = "Found"

# Notices after a click
LOGGED_NOW = "This conversation is logged."
LOGGED_SOON = "This conversation will be logged."
MOVED_NOW = "Moved to {record}."
MOVED_REPLIES = "New replies will be logged on {record}."
MOVED_SOON = "It will be logged on {record}."
STOPPED = "Logging stopped."
UNDONE = "Undone."
UNSEEN = {
    1: "1 email stays as it is: Salesforce doesn't show it to us. If it's still there, change it there.",
    2: "{count} emails stay as they are: Salesforce doesn't show them to us. If they're there, change them there.",
}
"""Added to a notice: each email is one activity."""

LATE_CLICKS = {
    LateClick.DROPPED: "Salesforce or Gmail answers slowly, so your click changed nothing. Refresh, then click again.",
    LateClick.UNDER_WAY: "Salesforce or Gmail answers slowly. Your change is under way and may still come."
    " Refresh to see it. What you click from now on counts over it.",
}
"""At the top of a card that could not wait for the end of a click."""
REFUSALS = {
    Refusal.CONSUMER: (
        "Use your work account",
        "You're signed in as {address}. This works only with your company's Google account.",
    ),
    Refusal.NOT_INCLUDED: ("Your mailbox isn't included", "Nothing here is read or logged. Ask {helper}."),
    Refusal.NO_LONGER_READ: (
        "New mail isn't logged any more",
        "Your mailbox is complete up to {detail}: every earlier email is logged or accounted for. Ask {helper}.",
    ),
    Refusal.NOT_LIVE: (
        "Not live yet",
        "Your mailbox is in trial mode: nothing is written to Salesforce, and nothing was changed. Ask {helper}.",
    ),
    Refusal.NOT_SET_UP: (
        "This isn't set up completely",
        "Nothing can be shown until it is. Tell your admin: a setting of the service is wrong or missing.",
    ),
    Refusal.OTHER_ORG: (
        "Logging is paused",
        "Your company's Salesforce has changed: this log is org {detail}'s. Nothing is lost, mail waits. Ask {helper}.",
    ),
    Refusal.AWAY: (
        "Salesforce or Gmail isn't answering",
        "Nothing is lost: what is due is logged later. Try again in a minute.",
    ),
    Refusal.STATE_AWAY: (
        "Our own records aren't answering",
        "What we know of this email can't be shown now. Nothing is lost: what is due is logged later.",
    ),
    Refusal.SLOW: (
        "This takes longer than usual",
        "Salesforce, Gmail or our own records are slow. Refresh to try again.",
    ),
    Refusal.DROPPED: ("That took too long", LATE_CLICKS[LateClick.DROPPED]),
    Refusal.UNDER_WAY: ("That takes longer than usual", LATE_CLICKS[LateClick.UNDER_WAY]),
    Refusal.OVERRULED: (
        "Something newer was said of this conversation",
        "You or a colleague clicked again meanwhile, and that counts. Open this email again to see it.",
    ),
    Refusal.CHANGE: (
        "Salesforce refused the change",
        "It says: “{detail}” Ask your Salesforce admin, then try again.",
    ),
    Refusal.IMPOSSIBLE: ("This can't be done", "{detail} Nothing was changed."),
    Refusal.STALE: ("This card is out of date", "Nothing was changed. Refresh, then repeat your click."),
    Refusal.JUST_SENT: (
        "Gmail doesn't show us this email yet",
        "You may have just sent it. Nothing is lost: what is due is logged by itself. Open it again in a minute.",
    ),
    Refusal.NOT_FOUND: ("Gmail doesn't have this email any more", "It was moved or deleted. Open another one."),
    Refusal.BROKEN: (
        "Something went wrong on our side",
        "Try again, and tell {helper} if it keeps happening.",
    ),
}
"""A title and a text."""
