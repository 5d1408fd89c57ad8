// Receives Infocaller's events and queries, in XML: the JDK has no JSON. Run: INFOCALLER_PASSWORD=3956 PORT=8000 java Receiver.java
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class Receiver {
    static final Charset LATIN1 = StandardCharsets.ISO_8859_1;
    static final String NAMESPACE = "http://tempuri.org/";

    public static void main(String[] arguments) throws IOException {
        var port = Integer.parseInt(System.getenv("PORT"));
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", Receiver::receive);
        server.start();
    }

    static void receive(HttpExchange exchange) throws IOException {
        Element call;
        try {
            call = read(textOf(exchange.getRequestBody().readAllBytes()));
        } catch (Exception error) {
            answer(exchange, 400, "1", "not readable", "");
            return;
        }
        if (!isSigned(call)) {
            answer(exchange, 403, "1", "wrong signature", "");
        } else if (text(call, "QueryName").replace('\u00a0', ' ').isBlank()) {
            exchange.sendResponseHeaders(200, -1);  // an event: any 2xx will do
            exchange.close();
        } else {
            var variables = call.getElementsByTagNameNS(NAMESPACE, "CustVar");
            var name = "";
            for (int i = 0; i < variables.getLength(); i++) {
                var one = (Element) variables.item(i);
                if (text(one, "VarName").equals("NOMBRE")) name = text(one, "VarValue");
            }
            answer(exchange, 200, "0", "OK", "<CustVar><VarName>ECO</VarName><VarValue>" + escaped(name) + "</VarValue></CustVar>");
        }
    }

    // The form as bytes, then UTF-8 if they are, else ISO-8859-1, whatever a label says
    static String textOf(byte[] body) {
        List<String> values = Arrays.stream(new String(body, LATIN1).split("&")).filter(one -> one.startsWith("apiInfocaller="))
            .collect(Collectors.toList());
        if (values.size() != 1) throw new IllegalArgumentException("one apiInfocaller belongs there");
        var value = values.get(0).substring("apiInfocaller=".length()).replace('+', ' ');
        var bytes = new ByteArrayOutputStream();
        for (int at = 0; at < value.length(); at++) {
            if (value.charAt(at) != '%') {
                bytes.write(value.charAt(at));
            } else {
                bytes.write(Integer.parseInt(value.substring(at + 1, at + 3), 16));
                at += 2;
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
        } catch (CharacterCodingException error) {
            return bytes.toString(LATIN1);
        }
    }

    static Element read(String text) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        var builder = factory.newDocumentBuilder();
        builder.setErrorHandler(null);
        // A reader of characters does not mind what the declaration says of the bytes
        var root = builder.parse(new InputSource(new StringReader(text))).getDocumentElement();
        if (!"ApiCall".equals(root.getLocalName()) || !NAMESPACE.equals(root.getNamespaceURI())) throw new Exception("another document");
        return root;
    }

    // Line, call id and telephone password, in ISO-8859-1; it proves line and call id, nothing else
    static boolean isSigned(Element call) {
        try {
            var signed = text(call, "LineNumber") + text(call, "CallSequence") + System.getenv("INFOCALLER_PASSWORD");
            var digest = MessageDigest.getInstance("MD5").digest(signed.getBytes(LATIN1));
            var expected = String.format("%032x", new java.math.BigInteger(1, digest));
            return MessageDigest.isEqual(expected.getBytes(LATIN1), text(call, "Signature").toLowerCase().getBytes(LATIN1));
        } catch (java.security.NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    static String text(Element element, String name) {
        var found = element.getElementsByTagNameNS(NAMESPACE, name);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent();
    }

    static String escaped(String value) {
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&apos;");
    }

    static void answer(HttpExchange exchange, int status, String result, String words, String variables) throws IOException {
        var document = "<ApiCall xmlns=\"" + NAMESPACE + "\"><Status><Result>" + result + "</Result><ResultText>" + words
            + "</ResultText></Status><CustVars>" + variables + "</CustVars></ApiCall>";
        var bytes = document.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/xml");
        exchange.sendResponseHeaders(status, bytes.length);
        try (var body = exchange.getResponseBody()) {
            body.write(bytes);
        }
    }
}
