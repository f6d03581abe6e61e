import Telephony
import Testing

@Suite("What is printed of a far end's words")
struct PrintableTests {
    @Test(
        "nothing that a far end writes begins a line or steers a terminal",
        arguments: [
            ("Ann \u{1B}[2J\u{1B}]0;x\u{7}", "Ann \\u{1b}[2J\\u{1b}]0;x\\u{7}"),
            ("a\r\nERROR forged", "a\\u{d}\\u{a}ERROR forged"), ("a\u{0}b\u{7F}\u{9B}31m", "a\\u{0}b\\u{7f}\\u{9b}31m"),
            ("\u{202E}gnp.exe\u{2066}\u{200F}", "\\u{202e}gnp.exe\\u{2066}\\u{200f}"),
            ("a\u{2028}b\u{2029}\u{85}", "a\\u{2028}b\\u{2029}\\u{85}"), ("Ünï ڪ 漢字", "Ünï ڪ 漢字"), ("", ""),
        ])
    func controls(text: String, expected: String) {
        #expect(text.withoutControls == expected)
    }
}
