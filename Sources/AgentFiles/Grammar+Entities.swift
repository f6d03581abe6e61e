extension Grammar {
    /// Questions, entities, declared types and agent-wide settings.
    static let entities =
        """
        action Question
          prompt* <ActivityTemplate>
          variable* variable
          entity* <Entity>
          unrecognizedPrompt <ActivityTemplate>
          invalidPrompt <ActivityTemplate>
          defaultValueResponse <ActivityTemplate>
          repeatCount int=
          alwaysPrompt bool=
          skipQuestionMode AlwaysAsk|SkipOnFirstExecutionIfVariableHasValue|AlwaysSkipIfVariableHasValue=
          validation bool=
          defaultValue value
          interruptionPolicy <InterruptionPolicy>
          voiceInputSettings <VoiceInputSettings>
          holdSettings <HoldSettings>
          fallbackDialogOnInvalidEntity expr
        group InterruptionPolicy InterruptionPolicy?
        object InterruptionPolicy
          allowInterruption bool
          interruptionTopicListFilter <TopicListFilter>
        group TopicListFilter IncludeSelectedTopics
        object IncludeSelectedTopics
          allowedInterruptTopics [string]
        group VoiceInputSettings VoiceInputSettings?
        object VoiceInputSettings
          wordsetsWeightValue number=
          speechRecognitionSensitivity number=
          speechRecognitionSpeedVsAccuracy number=
          silenceDetectionTimeoutInMilliseconds int=
          repeatCountOnSilence int=
          inputTimeoutResponse <ActivityTemplate>
          fallbackDialogOnSilence expr
          defaultValueMissingAction HangUp|Escalate|SetValue|SetEmpty|GoToDialog=
          defaultValueOnSilence value
          utteranceEndTimeoutInMilliseconds int=
          speechRecognitionTimeoutInMilliseconds int=
        group HoldSettings DoNotHoldSettings AutomaticHoldSettings UserRequestedHoldSettings
        object DoNotHoldSettings
        object AutomaticHoldSettings
          resumeWords [string]
          holdMusic expr
          holdTimeoutInMilliseconds int=
          holdRepeatCount int=
          holdTimeoutMessage text
          resumeResponse text
        object UserRequestedHoldSettings
          holdWords [string]
          holdMessage text
          resumeWords [string]
          holdMusic expr
          holdTimeoutInMilliseconds int=
          holdRepeatCount int=
          holdTimeoutMessage text
          resumeResponse text
        group Termination FixedLengthTermination FlexibleLengthTermination KeyBasedTermination
        object FixedLengthTermination
          length int=
          acceptsVoice bool=
          key PoundKey|StarKey=
          interdigitTimeoutInMilliseconds int=
          terminationTimeoutInMilliseconds int=
        object FlexibleLengthTermination
          minLength int=
          maxLength int=
          acceptsVoice bool=
          key PoundKey|StarKey=
          interdigitTimeoutInMilliseconds int=
          terminationTimeoutInMilliseconds int=
        object KeyBasedTermination
          acceptsVoice bool=
          key PoundKey|StarKey=
          interdigitTimeoutInMilliseconds int=
          terminationTimeoutInMilliseconds int=
        group ChoiceOptions DtmfMultipleChoiceOptions?
        object DtmfMultipleChoiceOptions
          generateMapping bool=
          readOutOptions bool=
        group Definition ClosedListEntity RegexEntity ExternalEntity
        object ClosedListEntity
          mcs.metadata any .
          sensitivityLevel None|Sensitive
          displayName string .
          samples [string] .
          optionSetName string .
          smartMatchingEnabled bool
          items* [<ClosedListItem>]
          conversionMetadata any .
          dtmfMultipleChoiceOptions <ChoiceOptions>
        group ClosedListItem ClosedListItem?
        object ClosedListItem
          id* string
          displayName string
          synonyms [string]
          dtmfKey Num0|Num1|Num2|Num3|Num4|Num5|Num6|Num7|Num8|Num9|PoundKey|StarKey
        object RegexEntity
          mcs.metadata any .
          displayName string .
          samples [string] .
          pattern string
        unsupported ExternalEntity is trained elsewhere; write a ClosedListEntity or a RegexEntity
        object EmbeddedEntity
          sensitivityLevel None|Sensitive
          displayName string .
          definition* <EmbeddedDefinition>
        entity DynamicClosedListEntity
          items formula
          samples [string] .
          dtmfMultipleChoiceOptions <ChoiceOptions>
        entity ClosedListEntityReference
          entityId* string
          selectedItems [<SelectedItem>]
          dtmfMultipleChoiceOptions <ChoiceOptions>
        group SelectedItem SelectedClosedListItem? (scalar)
        object SelectedClosedListItem
          id* string
          dtmfKey Num0|Num1|Num2|Num3|Num4|Num5|Num6|Num7|Num8|Num9|PoundKey|StarKey
        entity RegexEntityReference
          entityId* string
          dtmfOptions <Termination>
        entity OneOfMultiEntityReference
          entities* [<EntityChoice>]
        group EntityChoice MultiEntityChoice?
        object MultiEntityChoice
          entity* <Entity>
          propertyName* string
        unsupported ExternalEntityReference is trained elsewhere; write a ClosedListEntity or a RegexEntity
        unsupported FilePrebuiltEntity asks for a file, which a caller cannot send
        entity BooleanPrebuiltEntity
          dtmfMultipleChoiceOptions <ChoiceOptions>
        entity StringPrebuiltEntity
          dtmfOptions <Termination>
          speechRecognitionFormat Default|NumberAsDigits
        entity DatePrebuiltEntity
          dtmfOptions <Termination>
          ambiguousResolutionBehavior PromptForDisambiguation|PreferFuture|PreferPast
        entity DateTimePrebuiltEntity
          ambiguousResolutionBehavior PromptForDisambiguation|PreferFuture|PreferPast
        entity DateTimeNoTimeZonePrebuiltEntity
          ambiguousResolutionBehavior PromptForDisambiguation|PreferFuture|PreferPast

        """ + keyed + spoken + types + settings

    private static let keyedNames = [
        "Number", "Age", "Money", "Ordinal", "Percentage", "PhoneNumber", "Speed", "Temperature", "Weight", "ZipCode",
    ]
    private static let spokenNames = [
        "City", "Color", "Continent", "CountryOrRegion", "Duration", "Email", "Event", "Language", "Organization",
        "PersonName", "PointOfInterest", "State", "StreetAddress", "URL",
    ]
    private static let keyed = keyedNames.map { "entity \($0)PrebuiltEntity\n  dtmfOptions <Termination>\n" }.joined()
    private static let spoken =
        spokenNames.map { "entity \($0)PrebuiltEntity\n" }.joined()
        + "group Entity \(entityNames) (scalar)\ngroup EmbeddedDefinition \(entityNames) (scalar)\n"
    private static let entityNames =
        ((keyedNames + spokenNames + ["Boolean", "String", "Date", "DateTime", "DateTimeNoTimeZone", "File"])
        .map { $0 + "PrebuiltEntity" }
        + [
            "EmbeddedEntity", "ClosedListEntity", "RegexEntity", "ExternalEntity", "DynamicClosedListEntity",
            "ClosedListEntityReference", "RegexEntityReference", "OneOfMultiEntityReference", "ExternalEntityReference",
        ]).joined(separator: " ")

    private static let simpleTypes = [
        "Unspecified", "Blank", "Boolean", "Number", "Float", "String", "Hyperlink", "Color", "Guid", "Time", "Date",
        "DateTime", "DateTimeNoTimeZone", "Any",
    ]

    private static let types =
        simpleTypes.map { "object \($0)\n  sensitivityLevel None|Sensitive\n" }.joined()
            + """
            group DataType \(simpleTypes.joined(separator: " ")) Record Table File ClosedListOptionSet EmbeddedOptionSet SystemOptionSet UnresolvedDynamicType (scalar)
            group PropertyInfo PropertyInfo? \(simpleTypes.joined(separator: " ")) Record Table File ClosedListOptionSet EmbeddedOptionSet SystemOptionSet UnresolvedDynamicType (scalar)
            group Record Record?
            object Record
              sensitivityLevel None|Sensitive
              properties {<PropertyInfo>}
            object Table
              sensitivityLevel None|Sensitive
              properties {<PropertyInfo>}
            object PropertyInfo
              type <DataType>
              isRequired bool
              displayName string .
              description string .
              nameForModel string .
              descriptionForModel string .
              visibility any .
              order number .
              enumDisplayNames [string] .
              enumValues any .
              dynamicValuesConfig any .
              aiSensitivity any .
              examples any .
            object ClosedListOptionSet
              sensitivityLevel None|Sensitive
              schemaName* string .
            object EmbeddedOptionSet
              sensitivityLevel None|Sensitive
              dialogSchemaName* string .
              triggerId* string .
              actionId* string .
            object SystemOptionSet
              sensitivityLevel None|Sensitive
              name* string .
            object UnresolvedDynamicType
              sensitivityLevel None|Sensitive
            idle File is a type of files, which a caller cannot send; it takes any value

            """

    private static let settings = """
        group BotSpeechSettings BotSpeechSettings?
        object BotSpeechSettings
          interdigitTimeoutInMilliseconds int
          terminationTimeoutInMilliseconds int
          isDtmfSettingsEnabled bool
          dtmfTerminationKey PoundKey|StarKey
          silenceDetectionTimeoutInMilliseconds int
          utteranceEndTimeoutInMilliseconds int
          speechRecognitionTimeoutInMilliseconds int
          latencyMessage <ActivityTemplate>
          latencyMessageDelayInMilliseconds int
          minimumPlaybackInMilliseconds int
          isDomainLanguageModelEnabled bool
          wordsetsWeightValue number
          speechRecognitionSensitivity number
          speechRecognitionSpeedVsAccuracy number
          voice string
          domainLanguageModelWeightValue number ~ the recogniser has no model of the domain to weigh
          autoAddLanguageTagInSSML bool ~unless false the agent's language goes with every text
          prefixPaddingInMilliseconds number ~ the front end keeps the beginning of speech by itself
          audioThreshold number ~ a threshold of the line's front end is set for the line, not by the agent
          speechEndTimeoutInMilliseconds number ~ the end of speech is found by the line's front end
        group IvrBotSettings IvrBotSettings?
        object IvrBotSettings
          domainLanguageModelWeightValue number ~ the recogniser has no model of the domain to weigh
          holdSettings <DefaultHoldSettings>
          latencySettings <LatencySettings>
          voiceFont <VoiceFont>
          turnDetection SilenceBasedVoiceActivityDetection|SemanticVoiceActivityDetection= ~unless SilenceBasedVoiceActivityDetection turns are found by silence
          interruptionEagerness Low|Medium|High= ~unless Medium speech interrupts as soon as it is speech
        group DefaultHoldSettings DefaultHoldSettings?
        object DefaultHoldSettings
          holdWords [string]
          holdMessage text
          resumeWords [string]
          holdMusic string
          holdTimeoutInMilliseconds int
          holdRepeatCount int
          holdTimeoutMessage text
          resumeResponse text
        group LatencySettings VoiceMessageLatencySettings? VoiceAudioLatencySettings
        object VoiceMessageLatencySettings
          latencyMessage text
        object VoiceAudioLatencySettings
          latencyAudio expr
          fallbackLatencyMessage text
        group VoiceFont VoiceTypeBase?
        object VoiceTypeBase
          voiceName string
          speakingSpeed number

        """
}
