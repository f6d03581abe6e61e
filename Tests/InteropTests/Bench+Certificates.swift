extension Bench {
    /// Makes an authority, `authority.pem`, and certificates of it for 127.0.0.1 that have no clientAuth usage: `server.pem`
    /// and `client.pem`, their keys `server.key` and `client.key`, and `client-both.pem`.
    func makeCertificates() throws {
        try write(
            "certificates.sh",
            """
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout authority.key -out authority.pem -subj /CN=authority
            for name in server client; do
            openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=$name.example
            printf "subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth\\n" > usages
            openssl x509 -req -in $name.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \\
            -extfile usages -out $name.pem
            done
            cat client.pem client.key > client-both.pem
            """)
        try shell("certificates.sh")
    }
}
