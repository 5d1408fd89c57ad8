<?php
// Receives Infocaller's events and queries. Run: INFOCALLER_PASSWORD=3956 php -S 127.0.0.1:8000 receiver.php

// PHP's $_POST holds bytes: nothing is lost. Decode them here: UTF-8 if they are, else ISO-8859-1, whatever a label says
$text = $_POST['apiInfocaller'] ?? '';
if (!preg_match('//u', $text)) {
    $text = iconv('ISO-8859-1', 'UTF-8', $text);
}
$json = ltrim($text)[0] ?? '';
if ($json === '{') {
    $call = json_decode($text)->ApiCall ?? null;
    $variables = array_column($call->CustVars->CustVar ?? [], 'VarValue', 'VarName');
} else {
    // The declaration named the bytes, which are UTF-8 by now
    $call = @simplexml_load_string(preg_replace('/^\s*<\?xml[^>]*\?>/', '', $text)) ?: null;
    if ($call?->getName() !== 'ApiCall') {
        $call = null;
    }
    $variables = [];
    foreach ($call->CustVars->CustVar ?? [] as $variable) {
        $variables[(string) $variable->VarName] = (string) $variable->VarValue;
    }
}

function answer(int $status, string $result, string $words, array $variables = []): never
{
    global $json;
    http_response_code($status);
    if ($json === '{') {
        header('Content-Type: application/json');
        $list = array_map(fn ($name) => ['VarName' => $name, 'VarValue' => $variables[$name]], array_keys($variables));
        exit(json_encode(['ApiCall' => ['Status' => ['Result' => $result, 'ResultText' => $words], 'CustVars' => ['CustVar' => $list]]]));
    }
    header('Content-Type: text/xml');
    $xml = fn ($value) => htmlspecialchars($value, ENT_QUOTES | ENT_XML1);
    $list = '';
    foreach ($variables as $name => $value) {
        $list .= "<CustVar><VarName>{$xml($name)}</VarName><VarValue>{$xml($value)}</VarValue></CustVar>";
    }
    exit("<ApiCall xmlns=\"http://tempuri.org/\"><Status><Result>$result</Result><ResultText>{$xml($words)}</ResultText></Status>"
        . "<CustVars>$list</CustVars></ApiCall>");
}

if (!is_object($call)) {
    answer(400, '1', 'not readable');
}
// Line, call id and telephone password, in ISO-8859-1; it proves line and call id, nothing else
$signed = $call->UserID->LineNumber . $call->UserID->CallSequence . getenv('INFOCALLER_PASSWORD');
if (!hash_equals(md5($signed), strtolower($call->UserID->Signature))) {
    answer(403, '1', 'wrong signature');
}
if (trim($call->Infocaller->QueryName ?? '', " \t\r\n\u{A0}") === '') {
    exit;  // an event: any 2xx will do
}
answer(200, '0', 'OK', ['ECO' => $variables['NOMBRE'] ?? '']);
