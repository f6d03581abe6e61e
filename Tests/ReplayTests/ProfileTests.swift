import FrontEnd
import Replay
import Testing

@Suite("Front-end profile")
struct ProfileTests {
    @Test("the documented file is the defaults, and every setting has its line")
    func documented() throws {
        let text = FrontEndProfile.documentedFile
        #expect(try FrontEndProfile.parse(text, file: "profile.yaml") == FrontEndProfile())
        for setting in FrontEndProfile.settings { #expect(text.contains("\n\(setting.name): ")) }
    }

    @Test("a setting is read")
    func settings() throws {
        let profile = try FrontEndProfile.parse(
            "audioThreshold: 0.7\nspeechEndTimeoutInMilliseconds: 800\nhearsInBandDigits: false\n", file: "p.yaml")
        #expect(profile.audioThreshold == 0.7)
        #expect(profile.speechEndTimeoutInMilliseconds == 800)
        #expect(!profile.hearsInBandDigits)
    }

    @Test("an unknown name is an error with the nearest one")
    func unknown() {
        let error = #expect(throws: InvalidProfile.self) {
            try FrontEndProfile.parse("audioTreshold: 0.7\n", file: "p.yaml")
        }
        #expect(error?.description.contains("did you mean 'audioThreshold'") == true)
    }

    @Test(
        "a value out of its range is an error", arguments: ["audioThreshold: 2", "minimumSpeechInMilliseconds: 20.5"])
    func range(text: String) {
        #expect(throws: InvalidProfile.self) { try FrontEndProfile.parse(text, file: "p.yaml") }
    }
}
