package nc.exemple;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/** A site that signs people in with NC Connect: Spring Security. */
@SpringBootApplication
@RestController
public class Site {

    public static void main(String[] arguments) {
        SpringApplication.run(Site.class, arguments);
    }

    /** Spring checks state, nonce, the signature, iss, aud, exp and userinfo's sub. */
    @Bean
    SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients)
            throws Exception {
        // PKCE: Spring sends it by itself for public clients only.
        var requests = new DefaultOAuth2AuthorizationRequestResolver(
                clients, "/oauth2/authorization");
        requests.setAuthorizationRequestCustomizer(
                OAuth2AuthorizationRequestCustomizers.withPkce());
        var signOut = new OidcClientInitiatedLogoutSuccessHandler(clients);
        signOut.setPostLogoutRedirectUri("{baseUrl}/");
        return http
                .authorizeHttpRequests(pages -> pages
                        .requestMatchers("/", "/error").permitAll()
                        .anyRequest().authenticated())
                .oauth2Login(login -> login
                        .authorizationEndpoint(it -> it.authorizationRequestResolver(requests))
                        .defaultSuccessUrl("/", true)
                        .failureUrl("/?probleme=connexion"))
                .logout(logout -> logout.logoutSuccessHandler(signOut))
                .build();
    }

    /** person.getSubject() is the key of the account here. An address may change: it is no key. */
    @GetMapping(value = "/", produces = "text/html; charset=utf-8")
    String home(@AuthenticationPrincipal OidcUser person, CsrfToken csrf) {
        if (person == null) {
            return "<a href=\"/oauth2/authorization/ncconnect\">S’identifier avec NC Connect</a>";
        }
        return """
                <p>Bonjour %s.</p><form method="post" action="/logout">
                <input type="hidden" name="%s" value="%s"><button>Se déconnecter</button></form>
                """.formatted(HtmlUtils.htmlEscape(person.getEmail()),
                csrf.getParameterName(), csrf.getToken());
    }
}
