"""What people read, in one place. Plain, short, no blame, one next step. Values that fill a text are inert already."""

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
    "Email among colleagues; newsletters, receipts and automatic replies; Spam and Trash; Promotions, Social, Updates"
    " and Forums; drafts and chats; conversations that you stop; and everyone who is not in Salesforce."
)

# The opened message: a title and a text for each reason
LOGGED = "Logged in Salesforce"
LOGGED_ON = "Logged on {record}"
FORESEEN = "Will be logged in Salesforce"
NOT_LOGGED = "Not logged"
WAITING = "Waiting"
REFUSED = "Salesforce refused this email"
BECAUSE = {
    "contact_match": "On {record}. {found_by} is their address.",
    "lead_match": "On the lead {record}. {found_by} is their address.",
    "account_domain_match": "On {record}, because the address ends in {found_by}.",
    "rule_match": "On {record}. A standing rule names it for this address.",
    "thread_override": "On {record}. {chosen_by} chose it for this conversation.",
}
CHOSEN_GONE = "On {record}, by the rules: the record chosen for this conversation was deleted in Salesforce."
CHOSEN_GONE_NOBODY = "On nobody's record: the one chosen for this conversation was deleted in Salesforce."
LOG_ANYWAY = "On nobody's record. {chosen_by} chose to log this conversation anyway."
YOU = "You"
SOMEBODY = "Somebody"
NOT_A_CONTACT = "{address} isn't a contact yet."
ON_OPPORTUNITY = "It is also on the only open opportunity."
JOINED = "Another tool put this email into Salesforce already, so we didn't add it twice. Move or delete it there."
HIDDEN = "On a record that you can't open in Salesforce."
WHY_NOT = {
    "not_mail": "This is a draft, a chat or not sent yet.",
    "before_start": "It is older than the day from which your mailbox is logged.",
    "kept_out": "Logging of this conversation was stopped.",
    "kept_out_label": "This conversation has the label that stops logging. Take the label off in Gmail to log it.",
    "blocked": "Someone on this email is on your company's list of people never to log.",
    "internal_only": "Only colleagues are on this email.",
    "automated": "This is an automatic message: no person started it.",
    "contacts_only_account": "For {account}, only emails with its contacts are logged. {address} isn't one."
    " Your Salesforce admin set this.",
    "contacts_only_account_unnamed": "For this company, only emails with its contacts are logged."
    " Your Salesforce admin set this.",
    "no_match": "No person or company for {address} is in Salesforce. Add them and this conversation will be logged.",
    "no_match_unnamed": "Nobody on this email is in Salesforce.",
    "rejected": "Ask your Salesforce admin. We log it once that is fixed.",
    "rejected_sentence": "It says: “{sentence}” Ask your Salesforce admin. We log it once that is fixed.",
    "rejected_code": "Its answer was {code}. Ask your Salesforce admin. We log it once that is fixed.",
    "unreadable": "Gmail gave us nothing that can be read. Open it in Gmail: it may be damaged.",
    "gone": "It was deleted from Gmail before it could be logged.",
    "erased": "Our copy of it was erased. What is in Salesforce stays there.",
    "taken_back": "It was deleted from Salesforce, so we leave it out.",
}
CATEGORY = "Gmail put this email in {name}."
CATEGORIES = {
    "CATEGORY_PROMOTIONS": "Promotions", "CATEGORY_SOCIAL": "Social", "CATEGORY_UPDATES": "Updates",
    "CATEGORY_FORUMS": "Forums", "SPAM": "Spam", "TRASH": "Trash",
}  # fmt: skip
HELD = "Logs at {time}."
READY = "It will be logged within minutes. You don't need to do anything."
RETRYING = "Salesforce or Gmail isn't answering. Next try at {time}. You don't need to do anything."

# The other records
OTHERS = "Why not another record"
CHOSE = {
    "owned_by_other": "We chose the one whose owner is on this email.",
    "updated_earlier": "We chose the one changed last.",
    "higher_id": "They are alike, so we chose the older one.",
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
WHYS = {
    "owned_by_other": "someone else owns it",
    "updated_earlier": "it was changed less recently",
    "higher_id": "alike in all else, and it is newer",
    "not_a_contact": "a contact comes before a lead",
    "not_a_person": "a person comes before a company",
    "contacts_only": "for this company, only emails with its contacts are logged",
    "choice_of_a_person": "someone chose another record",
    "parent_domain": "another account's domain is closer",
    "not_exact_address": "another record's address is closer",
}
MORE_HIDDEN = {
    1: "1 more record is not shown: you can't open it in Salesforce.",
    2: "{count} more records are not shown: you can't open them in Salesforce.",
}

# The other messages
CONVERSATION = {1: "1 other email in this conversation", 2: "{count} other emails in this conversation"}
EARLIER = {1: "1 older email is not shown.", 2: "{count} older emails are not shown."}
SHORT = {
    "logged": "Logged on {record}",
    "logged_hidden": "Logged",
    "foreseen": "Will be logged on {record}",
    "not_mail": "Not logged: not an email",
    "not_primary": "Not logged: outside the primary inbox",
    "before_start": "Not logged: too old",
    "kept_out": "Not logged: stopped",
    "blocked": "Not logged: never to be logged",
    "internal_only": "Not logged: only colleagues",
    "automated": "Not logged: automatic",
    "contacts_only_account": "Not logged: not a contact",
    "no_match": "Not logged: nobody in Salesforce",
    "ready": "Waiting",
    "held": "Waiting",
    "retrying": "Waiting",
    "rejected": "Refused by Salesforce",
    "unreadable": "Not logged: can't be read",
    "gone": "Deleted from Gmail",
    "erased": "Erased",
    "taken_back": "Deleted from Salesforce",
}

# Buttons
OPEN = "Open"
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
STOP_YES = "Delete and stop"
STOP_YES_NOTHING = "Stop"

# Choosing a record
CHOOSE_TITLE = "Log this conversation on"
SEARCH_LABEL = "Search contacts, leads and accounts"
SEARCH = "Search"
USE = "Use"
FOUND_NONE = "Nothing that you can open in Salesforce fits “{text}”."
SEARCH_LONGER = "Write at least two letters."
FITTING = "On this email"
FOUND = "Found"

# Said after a click
SAID = {
    "log": "This conversation is logged.",
    "log_soon": "This conversation will be logged.",
    "move": "Moved to {record}.",
    "move_soon": "It will be logged on {record}.",
    "stop": "Logging stopped.",
    "withdraw": "Undone.",
}

# Refusals: title and text
CONSUMER = (
    "Use your work account",
    "You're signed in as {address}. This works only with your company's Google account.",
)
NOT_INCLUDED = ("Your mailbox isn't included", "Nothing here is read or logged. Ask {admin}.")
NO_LONGER_READ = (
    "New mail isn't logged any more",
    "Your mailbox is complete to {said}: what came before is logged or accounted for. Ask {admin}.",
)
NOT_LIVE = ("Not live yet", "Your mailbox is being tried out: nothing is written to Salesforce. Ask {admin}.")
AWAY = ("Salesforce or Gmail isn't answering", "Nothing is lost: what is due is logged later. Try again in a minute.")
REFUSED_CHANGE = ("Salesforce refused the change", "It says: “{said}” Nothing was changed. Ask your Salesforce admin.")
STALE = ("This card is out of date", "Open the email again and repeat your click. Nothing was changed.")
NOT_FOUND = ("Gmail doesn't have this email any more", "It was moved or deleted. Open another one.")
BROKEN = ("Something went wrong on our side", "Nothing was changed. Try again, and tell {admin} if it stays so.")
