<?php
// A site that signs people in with NC Connect: PHP and jumbojett/openid-connect-php.
// php -S localhost:5004 index.php

require __DIR__ . '/vendor/autoload.php';

use Jumbojett\OpenIDConnectClient;
use Jumbojett\OpenIDConnectClientException;

$issuer = getenv('NC_ISSUER');
$home = getenv('SITE_URL') ?: 'http://localhost:5004/';
$local = str_starts_with($issuer, 'http://');  // the demonstration, on this machine only

session_name('exemple_php');
session_set_cookie_params(['httponly' => true, 'samesite' => 'Lax', 'secure' => !$local]);
session_start();

$client = new OpenIDConnectClient($issuer, getenv('NC_CLIENT_ID'), getenv('NC_CLIENT_SECRET'));
$client->setRedirectURL($home . 'connexion');  // the same page starts and ends the sign-in
$client->addScope(['email']);                  // openid is there already
$client->setCodeChallengeMethod('S256');
$client->setTimeout(5);
$client->setHttpUpgradeInsecureRequests(!$local);

switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/connexion':
        // RFC 9207: the library leaves iss to the site.
        if (isset($_GET['code']) && ($_GET['iss'] ?? '') !== $issuer) {
            http_response_code(400);
            exit('iss');
        }
        if (($_GET['error'] ?? '') === 'access_denied') {  // the person went back
            header('Location: ' . $home, true, 303);
            exit;
        }
        try {
            // state, nonce, PKCE, the signature, iss, aud and exp
            $client->authenticate();
            $sub = $client->getVerifiedClaims('sub');
            $person = $client->requestUserInfo();
        } catch (OpenIDConnectClientException $error) {
            error_log($error->getMessage());
            header('Location: ' . $home . '?probleme=connexion', true, 303);
            exit;
        }
        if (($person->sub ?? null) !== $sub) {
            http_response_code(400);
            exit('sub');
        }
        session_regenerate_id(true);
        // (iss, sub) is the key of the account here. An address may change: it is no key.
        $_SESSION['person'] = ['iss' => $issuer, 'sub' => $sub, 'email' => $person->email];
        $_SESSION['id_token'] = $client->getIdToken();
        header('Location: ' . $home, true, 303);
        exit;

    case '/deconnexion':
        $hint = $_SESSION['id_token'] ?? null;
        session_destroy();
        $client->signOut($hint, $home);  // sends the browser to NC Connect
        exit;

    case '/':
        header('Content-Type: text/html; charset=utf-8');
        if (!isset($_SESSION['person'])) {
            exit('<a href="/connexion">S’identifier avec NC Connect</a>');
        }
        $email = htmlspecialchars($_SESSION['person']['email']);
        exit("<p>Bonjour $email.</p><form method=\"post\" action=\"/deconnexion\">"
            . '<button>Se déconnecter</button></form>');

    default:
        http_response_code(404);
}
