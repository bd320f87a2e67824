import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoders;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/**
 * Spring Security's JwtDecoder, by which its resource servers verify access tokens, against a realm: java Interop ISSUER. Prints
 * each step that went well, and ends with 1 at the first that did not.
 */
final class Interop {
    private final String issuer;

    private Interop(String issuer) {
        this.issuer = issuer;
    }

    public static void main(String[] args) throws Exception {
        new Interop(args[0]).run();
    }

    private void run() throws Exception {
        // No part of the library.
        for (String step : List.of("login", "userinfo", "refresh", "introspect", "revoke", "logout", "service")) {
            passed(step + " -");
        }

        // As Spring Boot does with spring.security.oauth2.resourceserver.jwt.issuer-uri.
        JwtDecoder decoder = JwtDecoders.fromIssuerLocation(issuer);
        passed("discovery");

        var web = Map.of("client_id", "web", "client_secret", "interop-web-secret");
        String token = token(web, Map.of("grant_type", "password", "username", "ida", "password", "ida", "scope", "openid"));
        Jwt person = decoder.decode(token);
        equal(person.getSubject(), "1da00000-0000-4000-8000-000000000031");
        equal(person.getAudience(), List.of("web"));
        equal(person.getClaimAsMap("realm_access"), Map.of("roles", List.of("tester")));
        Jwt service = decoder.decode(token(web, Map.of("grant_type", "client_credentials")));
        equal(service.getClaimAsString("preferred_username"), "service-account-web");
        passed("verify");

        refused("Invalid signature", decoder, swapPayload(token, service.getTokenValue()));
        PrivateKey foreign = foreignKey();
        String kid = (String) person.getHeaders().get("kid");
        refused("Invalid signature", decoder, forged(token, kid, foreign));
        refused("no matching key", decoder, forged(token, "a key that the realm does not have", foreign));
        refused("Unsupported algorithm of none", decoder, new PlainJWT(claims(token)).serialize());
        refused("iss claim is not valid", decoderOf(new JwtIssuerValidator(issuer + "s")), token);
        String brief = token(Map.of("client_id", "brief", "client_secret", "interop-brief-secret"), Map.of("grant_type", "client_credentials"));
        Thread.sleep(2000); // it lives for one
        refused("Jwt expired", decoderOf(new JwtTimestampValidator(Duration.ZERO)), brief);
        passed("refusals");
    }

    /** Gets an access token by plain HTTP. */
    private String token(Map<String, String> client, Map<String, String> grant) throws Exception {
        String form = List.of(client, grant).stream()
                .flatMap(pairs -> pairs.entrySet().stream())
                .map(pair -> pair.getKey() + "=" + URLEncoder.encode(pair.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        HttpRequest request = HttpRequest.newBuilder(URI.create(issuer + "/protocol/openid-connect/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        equal(response.statusCode(), 200);
        return (String) JSONObjectUtils.parse(response.body()).get("access_token");
    }

    /** A decoder with the realm's keys that checks one thing beyond the signature. */
    private JwtDecoder decoderOf(OAuth2TokenValidator<Jwt> validator) {
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer).build();
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(List.of(validator)));
        return decoder;
    }

    private static PrivateKey foreignKey() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair().getPrivate();
    }

    private static JWTClaimsSet claims(String token) throws Exception {
        return SignedJWT.parse(token).getJWTClaimsSet();
    }

    /** The token with another key's signature. */
    private static String forged(String token, String kid, PrivateKey key) throws Exception {
        SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(kid).build(), claims(token));
        jwt.sign(new RSASSASigner(key));
        return jwt.serialize();
    }

    /** The token with the claims of another. */
    private static String swapPayload(String token, String other) {
        String[] parts = token.split("\\.");
        return parts[0] + "." + other.split("\\.")[1] + "." + parts[2];
    }

    private static void refused(String why, JwtDecoder decoder, String token) {
        try {
            decoder.decode(token);
        } catch (JwtException e) {
            if (e.getMessage().contains(why)) {
                return;
            }
            throw new AssertionError("a token was to be refused with \"" + why + "\", and was otherwise", e);
        }
        throw new AssertionError("a token was to be refused: " + why);
    }

    private static void equal(Object got, Object want) {
        if (!want.equals(got)) {
            throw new AssertionError("got " + got + ", want " + want);
        }
    }

    private static void passed(String step) {
        System.out.println(step);
    }
}
