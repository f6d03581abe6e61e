import CallControl
import DSP
import Glibc
import RTP
import Replay
import Telephony

// The entries through which bytes from outside come in, for a coverage-guided fuzzer.
//
//     PARLEY_FUZZ=1 swift build -c release --scratch-path .build-fuzz --product ParleyFuzz -Xswiftc -sanitize=fuzzer
//     PARLEY_FUZZ_ENTRY=rtp .build-fuzz/release/ParleyFuzz -max_total_time=600 corpus/rtp

typealias FuzzEntry = @convention(c) (UnsafePointer<UInt8>, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ entry: FuzzEntry
) -> CInt

let entries: [String: FuzzEntry] = [
    "rtp": { bytes, count in
        FuzzCases.rtp(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "rtcp": { bytes, count in
        FuzzCases.rtcp(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "srtp": { bytes, count in
        FuzzCases.srtp(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "telephone-event": { bytes, count in
        FuzzCases.telephoneEvents(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "formula": { bytes, count in
        FuzzCases.formula(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "wav": { bytes, count in
        FuzzCases.wav(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "vcon": { bytes, count in
        FuzzCases.vCon(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "sealed": { bytes, count in
        FuzzCases.sealed(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "journal": { bytes, count in
        FuzzCases.journal(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "yaml": { bytes, count in
        FuzzCases.yaml(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "ssml": { bytes, count in
        FuzzCases.ssml(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "outbound": { bytes, count in
        FuzzCases.outbound(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "directory": { bytes, count in
        FuzzCases.directory(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "router": { bytes, count in
        FuzzCases.router(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "info": { bytes, count in
        SIPFuzzCases.info(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "sip": { bytes, count in
        SIPFuzzCases.message(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "sdp": { bytes, count in
        SIPFuzzCases.sessionDescription(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "digest": { bytes, count in
        SIPFuzzCases.digest(Span(_unsafeStart: bytes, count: count))
        return 0
    },
    "sip-sequence": { bytes, count in
        SIPFuzzCases.sequence(Span(_unsafeStart: bytes, count: count))
        return 0
    },
]

let name = getenv("PARLEY_FUZZ_ENTRY").map { String(cString: $0) } ?? ""
guard let entry = entries[name] else {
    let advice = "set PARLEY_FUZZ_ENTRY to one of: \(entries.keys.sorted().joined(separator: ", "))\n"
    _ = advice.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(2)
}
var argumentCount = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runFuzzer(&argumentCount, &arguments, entry))
