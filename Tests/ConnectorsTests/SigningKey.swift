/// A key that signs nothing but what tests send to a stand-in: the same in each run, and of no other use.
enum SigningKey {
    /// RSA, 2,048 bits, PKCS #8.
    static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDJreEOBtprxQ0E
        jyq2PViKVbuoDqWByEJj9SgM6e8MU5UjrO8jbZx8zEIgS2ENPllKH6otLfhWBjAz
        GaguSePN4+m5j86DD/6JxHe29BvNO1EK5AVCmV3MjeaQv4Dn8Ztu/QUH5ihq7aeU
        e0lFyPSVke7yTTwRO+v9UeEB3Nxq9BLPJbERZhOVg6b6qO+wAKux2vqa3mTK9onS
        6w6MhVkC048zWOsTdHF8RDRd2Rn+rXoABJ+QS3pP4iinGYM5YS+JFf+rPMzKf9/i
        L/6TBgUceQFNzq5VjXM3pMSaoHvJG8B9xfmxSMUWXdyXNXUsF/w1fO16xbZUW026
        zl+2tYULAgMBAAECggEAZKD5tkH9IeDESg4VRbD+SKfWZlhIhKUjWzSrsyXWPNRH
        ifFzsL20YyCXrf1ug2kkrDN4eeqCCooz6otWuyHrJIQfzpLOe96zJpJ9GTBb3t9F
        5KU5aq2Te8khzf9/ljubTpm4tORGLnQ+NXv+Z2+JekfCbevTmNXJPjBokMFeyY3z
        eQHnYUS9pYEcu6LDaWfsuUQKtU+mrPRCxE4N9sLI6ZMkKlki4OvDNl4iqhGKCgin
        824heomOwzzhPBswSaQ6aFvxZtZ7zoOPSJ5RHvGGp6fFQ0/8PM1Q8SCndViVzED9
        HmH03GCsF2ySuMSnQSsWiOrGNITMEJQIL07OUH6v4QKBgQD3D3JDxKRKw37amRAn
        pOiYVt71bK2J98Rp2sC2jA1haLVRjy83ptfplwM9AF4oKwn0CBPo7azIpK+EKJfG
        ymdwsvfHa8volCSF00hOziNjmgh82N9riz/HAyK7dYaxy8ZqAJdCHQh5bkssHYlD
        IAIpCqGKOIuBgWLRdjmQSHOodwKBgQDQ+g+tiIlM+71yABX8dpqEZKegZfHBVHDp
        4k0V67t0G4rj4X+upfW3AgWNvPVCl2YhYlUSIeQ8AxoOfNgBef6RTMCK9dIChHYc
        rfD5OWM6oWwgSY233u2FoyGcv4O7/Dcrt7ep2ElfinGenYB6xxR7DAhk7IasR65L
        U+b31R6BDQKBgQDiS96w3iRSauD936eheHaoWyHcEVCfiDf7caiFTKFQ8PTsIMfy
        JLuuNWl87aJRDqMOSHvcJh/WpKoz1m63Ylv/KZ61pjJe9ZrCjbW0oTJfIA7YNFnp
        CuI/Ksscg9j9cBZsr9/cafWCLJlkbiV1O5Ne/mLa1VJLLDVUgQLW+tYdnwKBgECr
        cdiY7Sxmpxy1TBiBt5WK9Jjdk2/pqrumLYbAGZV3xIZ6zSGF+EE3HfLb6+Y8pf1k
        ycC/vjqYFyMunUXvs8jRQLCAHAptZYPAjFcD3GJTe/uN545kLYryjb9NQP4WshgU
        VYD5DtPDKyATy6OzIfJmKd7Zl1+PGy/yegJt8G+tAoGAIyMNgiUIqvn8PnIAW9ef
        fKeNirpffPfkskEAUwjmV1Zv06T+zfvd18uxMNEZHwd6+92CWxfkX1X3NEjBm39p
        Q4hmLprAs5zTuGXzlTryihwVpRZhvitTjLBca8wk869NOw7OiJgRs35rNaIxrmOH
        M9R5QfFNZs/ESxgiMo+m6W0=
        -----END PRIVATE KEY-----
        """
}
