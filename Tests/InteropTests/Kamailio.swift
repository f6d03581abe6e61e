/// Kamailio as a proxy in front of Parleys, which it shares calls out among in turn.
enum Kamailio {
    /// Where it takes SIP over UDP, and where it has TLS.
    static let port = 5_060
    static let securePort = 5_062

    static var isThere: Bool { Bench.has("kamailio", package: "kamailio kamailio-tls-modules") }

    /// Writes its configuration, `kamailio.cfg`.
    ///
    /// - Parameter targets: SIP URIs of the Parleys, such as `sip:127.0.0.1:5081;transport=tls`.
    static func configure(_ bench: Bench, targets: [String]) throws {
        try bench.makeCertificates()
        try bench.write("dispatcher.list", targets.map { "1 \($0)\n" }.joined())
        try bench.write(
            "tls.cfg",
            """
            [server:default]
            method = TLSv1.2+
            verify_certificate = no
            require_certificate = no
            private_key = client.key
            certificate = client.pem
            [client:default]
            method = TLSv1.2+
            verify_certificate = yes
            require_certificate = yes
            ca_list = authority.pem
            private_key = client.key
            certificate = client.pem

            """)
        try bench.write("kamailio.cfg", configuration)
    }

    /// The lines of a script that start it, and wait until it answers.
    static let start = """
        kamailio -DD -E -f kamailio.cfg -Y . -P ./kamailio.pid -w . -m 32 -M 8 > kamailio.log 2>&1 & KAMAILIO=$!
        for i in $(seq 50); do grep -q 'main_loop\\|ready\\|probing' kamailio.log && break; sleep 0.1; done
        sleep 1
        """

    static let stop = "kill $KAMAILIO; wait $KAMAILIO"

    private static let configuration = """
        #!KAMAILIO
        debug=2
        log_stderror=yes
        children=2
        tcp_children=2
        enable_tls=yes
        auto_aliases=no
        listen=udp:127.0.0.1:\(port)
        listen=tls:127.0.0.1:\(securePort)
        loadmodule "tls.so"
        loadmodule "sl.so"
        loadmodule "tm.so"
        loadmodule "tmx.so"
        loadmodule "rr.so"
        loadmodule "pv.so"
        loadmodule "maxfwd.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "dispatcher.so"
        modparam("tls", "config", "tls.cfg")
        modparam("rr", "enable_double_rr", 1)
        modparam("dispatcher", "list_file", "dispatcher.list")
        modparam("dispatcher", "ds_ping_interval", 2)
        modparam("dispatcher", "ds_probing_mode", 1)
        modparam("dispatcher", "ds_probing_threshold", 2)
        modparam("dispatcher", "ds_ping_from", "sip:proxy@127.0.0.1")
        request_route {
            if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
            if (has_totag()) {
                if (loose_route()) { t_relay(); exit; }
                if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
                sl_send_reply("404", "Not Here");
                exit;
            }
            if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
            if (is_method("INVITE")) { record_route(); }
            if (!ds_select_dst("1", "4")) { sl_send_reply("503", "No Destination"); exit; }
            t_on_failure("NEXT");
            t_relay();
        }
        failure_route[NEXT] {
            if (t_is_canceled()) { exit; }
            if (t_check_status("503") || (t_branch_timeout() && !t_branch_replied())) {
                ds_mark_dst("ip");
                if (ds_next_dst()) { t_on_failure("NEXT"); t_relay(); exit; }
            }
        }

        """
}
