import Documents

// Every rule with its reasons. `parley check --list-rules` prints the titles, `--explain CODE` the rest.

extension Rule {
    static let reading: [Rule] = [
        Rule(
            "yaml", .error, "a file that is no YAML",
            "Nothing in the file can be read, so none of its mistakes beside this one can be named. Look at the indentation and the quotes of the line and of the one above; a text with ': ', '#' or a leading '=' may need quotes."
        ),
        Rule(
            "invalid", .error, "a value that Parley cannot take",
            "The message says which value is meant and what may stand there."),
        Rule(
            "unknown-kind", .error, "a kind that the dialog language does not have",
            "Actions, triggers, entities and the like are named by 'kind'. A misspelled one is not guessed at: the nearest name is suggested."
        ),
        Rule(
            "unsupported", .error, "a part of the dialog language that Parley does not run",
            "The schema has it, Parley does not: it is named when the folder is loaded, never skipped on a call. Replace or remove it."
        ),
        Rule(
            "no-effect", .warning, "a part that does nothing on a call",
            "Copilot Studio has it for chats, orchestrators or signed-in users. The dialog runs without it; the message says what a call does instead."
        ),
        Rule(
            "markup", .warning, "speech markup that is not understood",
            "A tag or attribute of SSML that Parley does not know, or one that is not closed. The words in it are said."
        ),
        Rule(
            "unknown-property", .error, "a property that the kind does not have",
            "A misspelled property would otherwise be ignored and its default taken. The nearest name is suggested."),
        Rule(
            "missing-property", .error, "a property that the kind needs is not there",
            "The schema requires it, and there is no default."),
        Rule(
            "wrong-type", .error, "a value of the wrong type or outside its range",
            "A text where a number must stand, a list where one value must stand, a word that is none of those allowed, a number out of range."
        ),
        Rule(
            "formula", .error, "a formula, text with formulas or pattern that is wrong",
            "Formulas are Power Fx. They are parsed and checked against the types of the variables when the folder is loaded, so that none fails on a call. The column is that of the mistake."
        ),
        Rule(
            "duplicate-id", .error, "two actions of a topic with one id",
            "A GotoAction could not tell them apart, nor could the account of a call. Give each action its own id."),
    ]

    static let names: [Rule] = [
        Rule(
            "no-start", .error, "no topic answers the call",
            "One topic needs the trigger OnConversationStart: it says the first word on every call."),
        Rule(
            "unknown-topic", .error, "a topic that there is not",
            "BeginDialog, ReplaceDialog and the fallback dialogs of a question name a topic by its file's name, alone or as agent.topic.Name."
        ),
        Rule(
            "unknown-action", .error, "a GotoAction to an id that the topic does not have",
            "A GotoAction stays within its topic; use BeginDialog to get into another."),
        Rule(
            "unknown-variable", .error, "a name in a formula that no call has",
            "Variables are Topic.Name, Global.Name, System.Name or Env.Name; System has only what a call has."),
        Rule(
            "unknown-entity", .error, "an entity that the folder does not have",
            "A question refers to a closed list or regular expression in entities/."),
        Rule(
            "unknown-flow", .error, "a flow without an address",
            "InvokeFlowAction names a flow, and parley.yml of the agent's folder says where it answers: flows: { NAME: https://… }."
        ),
        Rule(
            "unset-variable", .warning, "a variable that is read and never set",
            "It is blank on every call. Mostly the name is misspelled here or where it is set."),
        Rule(
            "unknown-choice", .warning, "a comparison with a choice that the list does not have",
            "The variable holds the answer to a closed list, and no item of the list has that id or name, so the comparison never holds."
        ),
        Rule(
            "unknown-input", .warning, "a value given to or taken from a topic that does not know it",
            "The topic that is called never reads the input, or never sets the output."),
        Rule(
            "duplicate-key", .error, "a key with two meanings",
            "Two items of a list, or two topics, want the same key: only one of them would get it."),
        Rule(
            "duplicate-choice", .warning, "two items of a list that sound the same",
            "Two items have the same id, name or synonym: the first always wins."),
        Rule(
            "duplicate-trigger", .warning, "two topics that the same thing starts",
            "Two topics have the same trigger phrase, or both start the call, with the same priority and without a condition: the first by name always wins."
        ),
    ]

    static let flow: [Rule] = [
        Rule(
            "unreachable-action", .warning, "an action that no call comes to",
            "It stands behind an action that never goes on (GotoAction, EndDialog, EndConversation, a topic that does not return), or in a branch that never is taken. The first action of each such part is named."
        ),
        Rule(
            "unreachable-topic", .warning, "a topic that nothing starts",
            "Its trigger is OnRedirect or OnSystemRedirect, and no action that a call comes to begins it."),
        Rule(
            "unreachable-branch", .warning, "a condition that never holds when it is asked",
            "The condition is false, repeats one above it, or stands behind one that always holds."),
        Rule(
            "loop-without-input", .error, "a loop that never waits for the caller",
            "The actions go round without a question, and nothing within the loop changes what its conditions read. On a call Parley ends such a topic as a failure. Ask something within the loop, or count the rounds."
        ),
        Rule(
            "loop-control", .error, "BreakLoop or ContinueLoop outside a loop",
            "They work within the actions of a Foreach."),
    ]

    static let questions: [Rule] = [
        Rule(
            "no-exit", .warning, "a question without an exit",
            "A caller who cannot answer must come somewhere. On silence: silenceDetectionTimeoutInMilliseconds (0 waits for ever), then defaultValueOnSilence, fallbackDialogOnSilence or a defaultValueMissingAction that is written out (without one the schema hangs up). After wrong answers: defaultValue, fallbackDialogOnInvalidEntity, or a topic with OnEscalate."
        ),
        Rule(
            "key-not-mapped", .warning, "a key is announced and does nothing",
            "The message says to press a key that neither the question nor a topic with OnDtmfKeyPress takes. English announcements are understood (press, dial, hit, push, key, 'or 2', '3 for'); agents in other languages are not checked for this."
        ),
        Rule(
            "key-not-announced", .warning, "a key does something and is not announced",
            "An item of the list has a key that neither the prompt nor the messages in front of it mention. Say it, or set readOutOptions."
        ),
        Rule(
            "interdigit-timer", .warning, "a timer between the digits of a single digit",
            "An answer of a fixed length of one is complete with its first key, so interdigitTimeoutInMilliseconds never runs. Remove it, or correct the length."
        ),
        Rule(
            "impossible-length", .error, "a length that no answer has",
            "minLength is more than maxLength, or a length is less than one."),
        Rule(
            "late-choice", .warning, "a menu whose first choice comes after 20 seconds",
            "Callers forget or hang up. The time from the last input or the start of the call to the first key announced is estimated: 15 characters a second (150 words a minute), a value in braces as 8 characters, breaks and audio files as long as they are. Choices first, explanations later."
        ),
        Rule(
            "missing-audio", .error, "an audio file that is not in the folder",
            "The path counts from the agent's folder."),
        Rule("empty-message", .warning, "a message that says nothing", "The message has no words and no audio."),
    ]

    static let outside: [Rule] = [
        Rule(
            "http-failure", .warning, "an HTTP failure that nobody handles",
            "The request has no errorHandling, so a failure ends the topic. Or it goes on after a failure (ContinueOnErrorBehavior), and no condition looks at its statusCode, errorResponseBody or response. Write ContinueOnErrorBehavior with a statusCode and test it, or RaiseErrorBehavior when a topic with OnError is meant to take it."
        ),
        Rule(
            "http-url", .error, "a URL that is none", "It begins with https:// or http://, or with a formula."),
        Rule(
            "transfer-without-context", .warning, "a transfer without context",
            "The colleague who takes the call would ask everything again. TransferToAgent needs 'context' (AutomaticTransferContext gives the variables); TransferToPhoneNumber needs sipUuiHeader or sipxHeaders."
        ),
        Rule(
            "phone-number", .error, "a telephone number that is none",
            "A number has digits, a plus sign in front, spaces and dashes; or it is a sip: or tel: URI; or a formula."),
        Rule(
            "sip-header", .error, "a SIP header that is not carried",
            "At most five headers a call, names in lower case beginning with x- and of at most 64 characters, values of at most 256."
        ),
    ]

    static let secrets: [Rule] = [
        Rule(
            "sensitive-prompt", .error, "a sensitive value reaches a prompt",
            "It would be said aloud, recorded and synthesised. Sensitive are the answers to questions whose entity has sensitivityLevel: Sensitive, outputs and properties marked so, secret environment variables, and whatever is computed from them."
        ),
        Rule(
            "sensitive-header", .error, "a sensitive value reaches a header",
            "SIP and HTTP headers are written to logs on their way, so a request cannot declare that it takes a caller's secret there: send it in the body. A secret environment variable, such as a key, may go into the header of a request that declares it."
        ),
        Rule(
            "sensitive-telemetry", .error, "a sensitive value reaches telemetry",
            "Telemetry is kept and read by many."),
        Rule(
            "sensitive-request", .error, "a sensitive value reaches a request that does not declare it",
            "An HttpRequestAction or InvokeFlowAction declares what it takes by a comment within or above it: '# parley: takes Topic.Pin — the bank checks it'. Several names are separated by commas, and * stands for all. A call refuses the request otherwise."
        ),
        Rule(
            "sensitive-transfer", .error, "a sensitive value reaches the message of a transfer",
            "The message to the agent is shown and kept by other systems."),
    ]

    static let notes: [Rule] = [
        Rule(
            "note-without-reason", .warning, "a silence without a reason",
            "Write '# parley: allow CODE — reason'. Without the reason it silences nothing."),
        Rule(
            "note-without-effect", .warning, "a silence that silences nothing",
            "Nothing of that code is found where the note stands (or it is an error, which cannot be silenced). Remove it, so that it does not hide what comes later."
        ),
        Rule(
            "note-unknown", .warning, "a note that Parley does not know",
            "Notes are '# parley: allow CODE — reason', '# parley: takes VARIABLE — reason' and '# parley: waits for Global.Caller — reason'."
        ),
    ]
}
