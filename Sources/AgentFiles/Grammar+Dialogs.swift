// The notation is explained at `Grammar`. Names and defaults: the published authoring schema of Copilot Studio.

extension Grammar {
    /// Dialogs and triggers.
    static let dialogs = """
        group Dialog AdaptiveDialog? TaskDialog AgentDialog
        group Trigger OnConversationStart OnRecognizedIntent OnUnknownIntent OnEscalate OnError OnSystemRedirect OnRedirect OnDtmfKeyPress OnUnknownDtmfKey OnSilence OnUnrecognizedSpeech OnInactivity OnSelectIntent OnAnsweringMachineDetected OnSystemIntent OnActivity OnEventActivity OnPlanComplete OnKnowledgeRequested OnGeneratedResponse OnOutgoingMessage OnCopilotRedirect OnToolSelected OnAnalyzeText OnSignIn RecurrenceTrigger CreateConversationConnectorTrigger ContinueConversationConnectorTrigger
        dialog AdaptiveDialog
          mcs.metadata any .
          beginDialog <Trigger>
          triggers [<Trigger>]
          inputs [<TaskInput>]
          inputType <Record>
          outputType <Record>
          endAutomatically bool=
          startBehavior Default|CancelOtherTopics|UseLatestPublishedContentAndCancelOtherTopics
          recognizer <Recognizer>
          modelDisplayName string .
          modelDescription string .
          conversionMetadata any .
          confirmation any ~ no orchestrator runs topics on a call, so that none asks before it does
          response any ~ no orchestrator runs topics on a call; the topic says itself what it has to say
        dialog TaskDialog
          mcs.metadata any .
          inputs [<TaskInput>]
          outputs [<TaskOutput>]
          action* <TaskAction>
          outputMode All|Specific
          modelDisplayName string .
          modelDescription string .
          confirmation any ~ no orchestrator runs tools on a call, so that none asks before it does
          response any ~ no orchestrator runs tools on a call; the topic that begins it says what it has to say
          triggerCondition any ~ no orchestrator chooses tools on a call; a topic begins it by BeginDialog
        dialog AgentDialog
          mcs.metadata any .
          beginDialog <Trigger>
          inputs [<TaskInput>]
          inputType <Record>
          outputType <Record>
          settings any ~ no model runs a child agent on a call; its topics are the agent's own
          confirmation any ~ no model runs a child agent on a call
          response any ~ no model runs a child agent on a call
        group TaskOutput TaskOutput?
        object TaskOutput
          propertyName* string
          name string .
          description string .
        group TaskAction InvokeFlowTaskAction InvokeAIPluginTaskAction InvokeAgentTaskAction InvokeConnectedAgentTaskAction InvokeClientTaskAction InvokeConnectorTaskAction InvokeExternalAgentTaskAction InvokeComputerUsingAgentTaskAction InvokeAIBuilderModelTaskAction InvokeSkillTaskAction
        object InvokeFlowTaskAction
          flowId* string
          connectionProperties any .
        unsupported InvokeAIPluginTaskAction runs in the Power Platform; call the service with HttpRequestAction
        unsupported InvokeAgentTaskAction needs a model that runs agents; begin its topics with BeginDialog
        unsupported InvokeConnectedAgentTaskAction needs another agent; hand the caller over with TransferConversationV2
        unsupported InvokeClientTaskAction runs in the user's own application, which a telephone is not
        unsupported InvokeConnectorTaskAction runs in the Power Platform; call the service with HttpRequestAction
        unsupported InvokeExternalAgentTaskAction needs another agent; call its service with HttpRequestAction
        unsupported InvokeComputerUsingAgentTaskAction needs a computer to use
        unsupported InvokeAIBuilderModelTaskAction runs in the Power Platform; call the model with HttpRequestAction
        unsupported InvokeSkillTaskAction needs a Bot Framework skill; call its service with HttpRequestAction
        group TaskInput AutomaticTaskInput ManualTaskInput
        object AutomaticTaskInput
          propertyName* string
          name string
          description string .
          entity <Entity>
          shouldPromptUser bool
          defaultValue value
          inputSettings <QuestionInputSettings>
        object ManualTaskInput
          propertyName* string
          name string .
          description string .
          value* value
        group QuestionInputSettings QuestionInputSettings?
        object QuestionInputSettings
          prompt <ResponseTemplate>
          repeatCount int=
          validation bool=
          defaultValue value
          invalidPrompt <ResponseTemplate>
          defaultValueResponse <ResponseTemplate>
          unrecognizedPrompt <ResponseTemplate>
        group ResponseTemplate ResponseTemplate?
        object ResponseTemplate
          activity <ActivityTemplate>
          mode Strict|Generated= ~unless Strict no model rephrases what is said
        group Recognizer VirtualAgents.Recognizer RegexRecognizer
        object VirtualAgents.Recognizer
        unsupported RegexRecognizer has intents of its own, to which no trigger of a call listens; use OnRecognizedIntent
        trigger OnConversationStart
        trigger OnUnknownIntent
        trigger OnError
        trigger OnSystemRedirect
        trigger OnRedirect
        trigger OnUnknownDtmfKey
        trigger OnUnrecognizedSpeech
        trigger OnRecognizedIntent
          intent <Intent>
        trigger OnSystemIntent
          intent <Intent>
        trigger OnEscalate
          intent <Intent>
        trigger OnDtmfKeyPress
          dtmfKey* Num0|Num1|Num2|Num3|Num4|Num5|Num6|Num7|Num8|Num9|PoundKey|StarKey
        trigger OnSilence
          silenceDetectionTimeoutInMilliseconds int=
        trigger OnInactivity
          durationInSeconds number=
        trigger OnSelectIntent
          triggerBehavior Default|Always
        trigger OnAnsweringMachineDetected
        group Intent Intent? ExternalIntent
        object Intent
          displayName expr
          availableInChannels [string]
          includeInOnSelectIntent bool
          triggerQueries [string]
        unsupported ExternalIntent is trained elsewhere; write its phrases as triggerQueries
        idle OnActivity is for messages and events of a chat, which a call has not
        idle OnEventActivity is for events of a chat, which a call has not
        idle OnPlanComplete is for an orchestrator, which a call has not
        idle OnKnowledgeRequested is for an orchestrator, which a call has not
        idle OnGeneratedResponse is for an orchestrator, which a call has not
        idle OnOutgoingMessage is for messages of a chat; a call says what its topics say
        idle OnCopilotRedirect is for Microsoft 365 Copilot
        idle OnToolSelected is for an orchestrator, which a call has not
        idle OnAnalyzeText is for another channel
        idle OnSignIn is for users who sign in, which callers do not
        idle RecurrenceTrigger begins without a call
        idle CreateConversationConnectorTrigger begins without a call
        idle ContinueConversationConnectorTrigger begins without a call

        """

    /// Messages, and actions beside questions.
    static let actions = """
        group Action SendActivity Question CSATQuestion ConditionGroup ActionScope DisconnectedNodeContainer Foreach BreakLoop ContinueLoop GotoAction BeginDialog ReplaceDialog RepeatDialog EndDialog CancelDialog CancelAllDialogs EndConversation RecognizeIntent SetVariable SetTextVariable SetMultipleVariables ParseValue EditTable EditTableV2 ClearAllVariables ResetVariable HttpRequestAction InvokeFlowAction AnswerQuestionWithAI SearchAndSummarizeContent TransferConversation TransferConversationV2 Parley.Queue Parley.Consult Parley.Swarm Parley.Voicemail Parley.Callback Parley.Hold Parley.Whisper LogCustomTelemetryEvent InvokeAIBuilderModelAction WaitForConnectorTrigger InvokeConnectorAction InvokeMcpToolAction InvokeSkillAction SearchAndSummarizeWithCustomModel InvokeCustomModelAction SearchKnowledgeSources AdaptiveCardPrompt OAuthInput ActivateExternalTrigger DisableTrigger EmitEvent GetActivityMembers GetConversationMembers SignOutUser DeleteActivity UpdateActivity CreateSearchQuery
        group ActivityTemplate Message? EventActivity Activity (scalar)
        object Message
          text [text]
          speak [text]
          allowBargeIn bool
          parley.bargeIn KeysAndSpeech|Keys|Speech|Nothing
          randomizeVariantSelection bool
          channelData any ~ a telephone shows nothing
          value any ~ a telephone shows nothing
          attachments any ~ a telephone shows nothing; say what is on them
          attachmentLayout any ~ a telephone shows nothing
          summary string ~ a telephone shows nothing
          quickReplies any ~ a telephone shows no buttons; say the choices
          expiration string ~ what is said is said at once
          importance any ~ a telephone shows nothing
          citationEntities any ~ a telephone shows no citations
        idle EventActivity is for the channel of a chat; nothing is said
        idle Activity is for the channel of a chat; nothing is said
        action SendActivity
          activity* <ActivityTemplate>
        action CSATQuestion
          variable variable
        action ConditionGroup
          conditions* [<ConditionItem>]
          elseActions [<Action>]
        group ConditionItem ConditionItem?
        object ConditionItem
          id string
          displayName string .
          condition* bool=
          actions [<Action>]
        action ActionScope
          actions [<Action>]
        action DisconnectedNodeContainer
          actions [<Action>]
        action Foreach
          items* value
          value* variable
          index variable
          actions [<Action>]
        action BreakLoop
        action ContinueLoop
        action GotoAction
          actionId* string
        action BeginDialog
          dialog* expr
          input <InputBinding>
          output <OutputBinding>
          activityProcessed bool= ~unless true what the caller did is always taken by the topic that it began
        action ReplaceDialog
          dialog* expr
          input <InputBinding>
          activityProcessed bool= ~unless true what the caller did is always taken by the topic that it began
        action RepeatDialog
          input <InputBinding>
          activityProcessed bool= ~unless true what the caller did is always taken by the topic that it began
        group InputBinding ActionInputBinding? SingleValueInputBinding
        object ActionInputBinding
          binding {value}
        object SingleValueInputBinding
          value value
        group OutputBinding ActionOutputBinding? SingleVariableOutputBinding
        object ActionOutputBinding
          binding {variable}
          outputOverrides [<PropertyOverride>]
        object SingleVariableOutputBinding
          variable variable
          outputOverrides [<PropertyOverride>]
        group PropertyOverride PropertyOverride?
        object PropertyOverride
          property* string
          sensitivityLevel None|Sensitive
        action EndDialog
          clearTopicQueue bool
          value value
        action CancelDialog
          activityProcessed bool= ~unless true what the caller did is always taken by the topic that it began
          eventName expr ~ a call has no listener for events of dialogs
          eventValue value ~ a call has no listener for events of dialogs
        action CancelAllDialogs
          activityProcessed bool= ~unless true what the caller did is always taken by the topic that it began
          eventName expr ~ a call has no listener for events of dialogs
          eventValue value ~ a call has no listener for events of dialogs
        action EndConversation
        action RecognizeIntent
          userInput* expr
        action SetVariable
          variable* variable
          value* value
        action SetTextVariable
          variable* variable
          value* text
        action SetMultipleVariables
          assignments* [<VariableAssignment>]
        group VariableAssignment VariableAssignment?
        object VariableAssignment
          variable* variable
          value* value
        action ParseValue
          variable* variable
          valueType* <DataType>
          value* value
          errorPolicy ThrowError|DefaultBlank
        action EditTable
          changeType Add|TakeLast|TakeFirst|Remove|Clear
          itemsVariable* variable
          resultVariable variable
          value value
        action EditTableV2
          itemsVariable* variable
          changeType* <TableOperation>
        group TableOperation AddItemOperation RemoveItemOperation TakeFirstItemOperation TakeLastItemOperation ClearItemsOperation
        object AddItemOperation
          value* value
        object RemoveItemOperation
          value* value
        object TakeFirstItemOperation
          resultVariable variable
        object TakeLastItemOperation
          resultVariable variable
        object ClearItemsOperation
        action ClearAllVariables
          variables ConversationScopedVariables|ConversationHistory|UserScopedVariables|AllGlobalVariables=
        action ResetVariable
          variable* variable
        action HttpRequestAction
          method Get|Post|Patch|Put|Delete=
          url* expr
          headers {expr}
          body <RequestContent>
          errorHandling <ErrorHandling>
          requestTimeoutInMilliseconds int=
          networkIsolation PublicNetwork|VirtualNetwork= ~unless PublicNetwork requests go out by the network of the machine
          response variable
          responseSchema <DataType>
          responseHeaders variable
          latencyMessageSettings <LatencyMessage>
        group RequestContent NoRequestContent? JsonRequestContent RawRequestContent
        object NoRequestContent
        object JsonRequestContent
          content value
        object RawRequestContent
          contentType expr
          content expr
        group ErrorHandling RaiseErrorBehavior? ContinueOnErrorBehavior
        object RaiseErrorBehavior
        object ContinueOnErrorBehavior
          statusCode variable
          errorResponseBody variable
        group LatencyMessage LatencyMessageSettings?
        object LatencyMessageSettings
          allowLatencyMessage bool=
          latencyMessage <ActivityTemplate>
          latencyMessageDelayInMilliseconds int=
          minimumPlaybackInMilliseconds int=
        action InvokeFlowAction
          flowId* string
          input <InputBinding>
          output <OutputBinding>
          latencyMessageSettings <LatencyMessage>
        action AnswerQuestionWithAI
          userInput* expr
          variable variable
          autoSend bool
          moderationLevel Minimum|Low|Medium|High|Maximum=
          additionalInstructions text
          latencyMessageSettings <LatencyMessage>
          historyType any ~ what was said before does not go out with a question
          isFileAnalysisEnabled bool ~unless false a caller sends no files
        action SearchAndSummarizeContent
          userInput* expr
          variable variable
          autoSend bool
          moderationLevel Minimum|Low|Medium|High|Maximum=
          additionalInstructions text
          latencyMessageSettings <LatencyMessage>
          knowledgeSources <KnowledgeSources>
          responseCaptureType TextOnly|FullResponse
          historyType any ~ what was said before does not go out with a question
          isFileAnalysisEnabled bool ~unless false a caller sends no files
          webBrowsing bool ~unless false the service that answers decides where it searches
          webBrowsingOptions any ~ the service that answers decides where it searches
          searchEmails bool ~unless false a caller has no mailbox
          fileSearchDataSource any ~ the service that answers decides where it searches
          customDataSource any ~ the service that answers decides where it searches
          publicDataSource any ~ the service that answers decides where it searches
          sharePointSearchDataSource any ~ the service that answers decides where it searches
          azureOpenAIOnYourDataSource any ~ the service that answers decides where it searches
          applyModelKnowledgeSetting bool ~ the service that answers decides what it knows
          modality Automatic|Text|Speech|TextAndSpeech ~unless Automatic answers are spoken
        group KnowledgeSources SearchAllKnowledgeSources SearchSpecificKnowledgeSources
        object SearchAllKnowledgeSources
        object SearchSpecificKnowledgeSources
          knowledgeSources [string]
        action TransferConversation
          messageToAgent <ActivityTemplate>
          context <TransferContext>
          telephoneNumber expr
        action TransferConversationV2
          transferType <TransferType>
        group TransferType TransferToAgent TransferToPhoneNumber
        object TransferToAgent
          messageToAgent <ActivityTemplate>
          context <TransferContext>
        object TransferToPhoneNumber
          phoneNumber* expr
          sipUuiHeader value
          sipxHeaders {expr}
          dtmfSequence expr
        group TransferContext AutomaticTransferContext ExpressionTransferContext
        object AutomaticTransferContext
          variables Topic|Global|All
        object ExpressionTransferContext
          value value
        action Parley.Queue
          queue expr
          skills [expr]
          priority int=
          messageToAgent <ActivityTemplate>
          context <TransferContext>
        action Parley.Consult
          expert* expr
          messageToAgent <ActivityTemplate>
          context <TransferContext>
        action Parley.Swarm
          experts* [expr]
          messageToAgent <ActivityTemplate>
          context <TransferContext>
        action Parley.Hold
          seconds* int=
          music expr
        action Parley.Whisper
          message* <ActivityTemplate>
        action Parley.Voicemail
          queue expr
          lengthInSeconds int=
          silenceInSeconds int=
          context <TransferContext>
        action Parley.Callback
          queue expr
          skills [expr]
          priority int=
          phoneNumber expr
          messageToAgent <ActivityTemplate>
          context <TransferContext>
        action LogCustomTelemetryEvent
          eventName expr
          properties value
        unsupported InvokeAIBuilderModelAction runs in the Power Platform; call the model with HttpRequestAction
        unsupported WaitForConnectorTrigger waits for the Power Platform; ask the service with HttpRequestAction
        unsupported InvokeConnectorAction runs in the Power Platform; call the service with HttpRequestAction
        unsupported InvokeMcpToolAction needs an MCP server; call its service with HttpRequestAction
        unsupported InvokeSkillAction needs a Bot Framework skill; call its service with HttpRequestAction
        unsupported SearchAndSummarizeWithCustomModel needs a model of yours; use SearchAndSummarizeContent
        unsupported InvokeCustomModelAction needs a model of yours; call it with HttpRequestAction
        unsupported SearchKnowledgeSources gives search results, which cannot be said; use SearchAndSummarizeContent
        unsupported AdaptiveCardPrompt shows a card, which a telephone cannot; ask with a Question for each of its fields
        unsupported OAuthInput needs a browser to sign in; ask for a PIN with a sensitive Question
        unsupported ActivateExternalTrigger starts work outside of the call; start it with HttpRequestAction
        unsupported DisableTrigger changes the agent for other callers; use runOnce or a condition
        unsupported EmitEvent is for the channel of a chat; use LogCustomTelemetryEvent or HttpRequestAction
        unsupported GetActivityMembers is for a chat of several people
        unsupported GetConversationMembers is for a chat of several people
        unsupported SignOutUser is for users who sign in, which callers do not
        unsupported DeleteActivity takes back a message, and what was said was said
        unsupported UpdateActivity changes a message, and what was said was said
        unsupported CreateSearchQuery is for an orchestrator; use SearchAndSummarizeContent

        """
}
