import Testing

/// A trunk that registers, at the registrar of another Parley, by digest.
@Suite("Registration", .takesTurns)
struct RegistrationTests {
    private static let registrar = """
        agents:
            main: \(Bench.agent)
        media:
            address: 127.0.0.1
            ports: 20000-20019
        trunks:
            phones:
                kind: phones
                listen: ["udp:127.0.0.1:5090", "tcp:127.0.0.1:5090"]
                allow: [127.0.0.0/8]
                otherwise: main
                users: {realm: example, file: users}

        """

    private static func client(transport: String, password: String) -> String {
        """
        agents:
            main: \(Bench.agent)
        media:
            address: 127.0.0.1
            ports: 20100-20119
        trunks:
            carrier:
                listen: ["udp:127.0.0.1:5080", "tcp:127.0.0.1:5080"]
                allow: [127.0.0.0/8]
                otherwise: main
                credentials: {user: ann, password-file: \(password)}
                registration:
                    registrar: "sip:127.0.0.1:5090;transport=\(transport)"
                    address: "sip:ann@example"

        """
    }

    @Test("a trunk registers with its password, and takes the binding back at the end", arguments: ["udp", "tcp"])
    func registers(transport: String) async throws {
        let result = try await RegistrationTests.run(transport, password: "right", until: "is registered")
        #expect(result.contains("trunk carrier is registered for 600 s"), "\(result)")
        #expect(result.contains("serve ends with 0"))
    }

    @Test("a wrong password is told, and nothing of it is logged")
    func refused() async throws {
        let result = try await RegistrationTests.run("udp", password: "wrong", until: "is not registered")
        #expect(result.contains("trunk carrier is not registered: 401; it is tried again in"), "\(result)")
        #expect(!result.contains("other-secret"))
    }

    private static func run(_ transport: String, password: String, until line: String) async throws -> String {
        let bench = try Bench()
        try bench.write("parley.yaml", registrar)
        try bench.write("client.yaml", client(transport: transport, password: password))
        try bench.write("users", "ann: s3cret\n")
        try bench.write("right", "s3cret\n")
        try bench.write("wrong", "other-secret\n")
        return try await bench.run(
            beside: "",
            """
            $PARLEY serve --config client.yaml > /dev/null 2> client.log & CLIENT=$!
            for i in $(seq 100); do grep -q '\(line)' client.log && break; sleep 0.2; done
            kill -TERM $CLIENT
            wait $CLIENT
            cat client.log
            """)
    }
}
