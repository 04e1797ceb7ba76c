package nc.exemple;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.oauth2.client.OidcBackChannelLogoutHandler;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.endpoint.RestClientAuthorizationCodeTokenResponseClient;
import org.springframework.security.oauth2.client.oidc.session.InMemoryOidcSessionRegistry;
import org.springframework.security.oauth2.client.oidc.session.OidcSessionRegistry;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/** A site that signs people in with NC Connect: Spring Security. */
@SpringBootApplication
@RestController
public class Site {

    private static final Logger LOG = LoggerFactory.getLogger(Site.class);

    public static void main(String[] arguments) {
        SpringApplication.run(Site.class, arguments);
    }

    /** Spring checks state, nonce, the signature, iss, aud, exp and userinfo's sub. */
    @Bean
    SecurityFilterChain security(
            HttpSecurity http,
            ClientRegistrationRepository clients,
            OidcBackChannelLogoutHandler signedOutElsewhere) throws Exception {
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
                        .loginPage("/") // ours, with the button; else Spring draws one in English
                        .authorizationEndpoint(it -> it.authorizationRequestResolver(requests))
                        // The older client, its default, loses what is said about a wrong secret.
                        .tokenEndpoint(it -> it.accessTokenResponseClient(
                                new RestClientAuthorizationCodeTokenResponseClient()))
                        .defaultSuccessUrl("/", true)
                        .failureHandler(signInFailed()))
                .logout(logout -> logout.logoutSuccessHandler(signOut))
                .oidcLogout(logout -> logout
                        .backChannel(it -> it.logoutHandler(signedOutElsewhere)))
                .build();
    }

    /** Somebody who went back meets no alarm; a fault is for the log, with its description. */
    private AuthenticationFailureHandler signInFailed() {
        return (request, response, fault) -> {
            var wentBack = fault instanceof OAuth2AuthenticationException told
                    && "access_denied".equals(told.getError().getErrorCode());
            if (!wentBack) {
                LOG.warn("sign-in: {}", fault.getMessage().replaceAll("\\p{Cntrl}", " "));
            }
            response.sendRedirect(wentBack ? "/" : "/?probleme=connexion");
        };
    }

    @Bean
    OidcSessionRegistry sessions() {
        return new InMemoryOidcSessionRegistry(); // a real site with several servers shares it
    }

    /** NC Connect tells of a sign-out; Spring ends the session by a cookie whose name it must know. */
    @Bean
    OidcBackChannelLogoutHandler signedOutElsewhere(
            OidcSessionRegistry sessions,
            @Value("${server.servlet.session.cookie.name}") String cookie) {
        var handler = new OidcBackChannelLogoutHandler(sessions);
        handler.setSessionCookieName(cookie);
        return handler;
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
