// Receives Infocaller's events and queries. Run: mcs -r:System.Xml.Linq -r:System.Web.Extensions -r:System.Web Receiver.cs,
// then INFOCALLER_PASSWORD=3956 PORT=8000 mono Receiver.exe. On .NET 5 and newer System.Text.Json reads and writes the JSON.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using System.Web.Script.Serialization;
using System.Xml.Linq;

static class Receiver
{
    static readonly Encoding Latin1 = Encoding.GetEncoding("ISO-8859-1");
    static readonly XNamespace Tempuri = "http://tempuri.org/";

    static void Main()
    {
        var listener = new HttpListener();
        listener.Prefixes.Add("http://127.0.0.1:" + Environment.GetEnvironmentVariable("PORT") + "/");
        listener.Start();
        while (true)
        {
            var context = listener.GetContext();
            try { Respond(context.Request, context.Response); }
            catch (Exception error) { Console.Error.WriteLine(error.Message); context.Response.StatusCode = 500; }
            finally { context.Response.Close(); }
        }
    }

    static void Respond(HttpListenerRequest request, HttpListenerResponse response)
    {
        var text = TextOf(request.InputStream);
        var json = text.TrimStart().StartsWith("{");
        string line, call, signature, query;
        Dictionary<string, string> variables;
        try { Read(text, json, out line, out call, out signature, out query, out variables); }
        catch (Exception) { Answer(response, json, 400, "1", "not readable"); return; }
        if (!IsSigned(line + call, signature)) { Answer(response, json, 403, "1", "wrong signature"); return; }
        if (string.IsNullOrWhiteSpace(query)) return;  // an event: any 2xx will do
        string name;
        Answer(response, json, 200, "0", "OK", "ECO", variables.TryGetValue("NOMBRE", out name) ? name : "");
    }

    // As bytes first, then UTF-8 if they are, else ISO-8859-1, whatever a label says: Request.Form would assume UTF-8
    static string TextOf(Stream body)
    {
        var form = new StreamReader(body, Latin1).ReadToEnd();
        var field = form.Split('&').FirstOrDefault(one => one.StartsWith("apiInfocaller=")) ?? "apiInfocaller=";
        var bytes = HttpUtility.UrlDecodeToBytes(Latin1.GetBytes(field.Substring("apiInfocaller=".Length)));
        try { return new UTF8Encoding(false, true).GetString(bytes); }
        catch (ArgumentException) { return Latin1.GetString(bytes); }
    }

    static void Read(string text, bool json, out string line, out string call, out string signature, out string query,
        out Dictionary<string, string> variables)
    {
        if (json)
        {
            var root = Part(new JavaScriptSerializer().DeserializeObject(text), "ApiCall");
            var user = Part(root, "UserID");
            line = Text(user, "LineNumber"); call = Text(user, "CallSequence"); signature = Text(user, "Signature");
            query = Text(Part(root, "Infocaller"), "QueryName");
            variables = ((object[])Part(root, "CustVars")["CustVar"]).Cast<Dictionary<string, object>>()
                .ToDictionary(one => Text(one, "VarName"), one => Text(one, "VarValue"));
            return;
        }
        // XDocument refuses a DOCTYPE's entities where it is read from a text with DtdProcessing.Prohibit, the default of XmlReader
        var document = XDocument.Load(System.Xml.XmlReader.Create(new StringReader(text))).Root;
        if (document.Name != Tempuri + "ApiCall") throw new FormatException("another document");
        var id = document.Element(Tempuri + "UserID");
        line = (string)id.Element(Tempuri + "LineNumber"); call = (string)id.Element(Tempuri + "CallSequence");
        signature = (string)id.Element(Tempuri + "Signature") ?? "";
        query = (string)document.Element(Tempuri + "Infocaller").Element(Tempuri + "QueryName");
        variables = document.Descendants(Tempuri + "CustVar")
            .ToDictionary(one => (string)one.Element(Tempuri + "VarName"), one => (string)one.Element(Tempuri + "VarValue"));
    }

    static Dictionary<string, object> Part(object of, string name) { return (Dictionary<string, object>)((Dictionary<string, object>)of)[name]; }

    static string Text(Dictionary<string, object> of, string name) { object found; return of.TryGetValue(name, out found) ? (string)found : ""; }

    // Line, call id and telephone password, in ISO-8859-1; it proves line and call id, nothing else
    static bool IsSigned(string lineAndCall, string signature)
    {
        var signed = Latin1.GetBytes(lineAndCall + Environment.GetEnvironmentVariable("INFOCALLER_PASSWORD"));
        var expected = BitConverter.ToString(MD5.Create().ComputeHash(signed)).Replace("-", "").ToLowerInvariant();
        var given = signature.ToLowerInvariant();
        var differences = expected.Length ^ given.Length;
        for (var at = 0; at < Math.Min(expected.Length, given.Length); at++) differences |= expected[at] ^ given[at];
        return differences == 0;
    }

    static void Answer(HttpListenerResponse response, bool json, int status, string result, string words, string name = null, string value = "")
    {
        response.StatusCode = status;
        response.ContentType = json ? "application/json" : "text/xml";
        var body = json ? Json(result, words, name, value) : Xml(result, words, name, value);
        var bytes = Encoding.UTF8.GetBytes(body);
        response.OutputStream.Write(bytes, 0, bytes.Length);
    }

    static string Json(string result, string words, string name, string value)
    {
        var pairs = name == null ? new object[0] : new object[] { new { VarName = name, VarValue = value } };
        var document = new { Status = new { Result = result, ResultText = words }, CustVars = new { CustVar = pairs } };
        return new JavaScriptSerializer().Serialize(new { ApiCall = document });
    }

    // XElement leaves quotes raw, and the page wants them as entities; numbers for all that is not ASCII suit every charset
    static string Xml(string result, string words, string name, string value)
    {
        var pair = name == null ? "" : "<CustVar><VarName>" + name + "</VarName><VarValue>" + Escaped(value) + "</VarValue></CustVar>";
        return "<ApiCall xmlns=\"http://tempuri.org/\"><Status><Result>" + result + "</Result><ResultText>" + Escaped(words)
            + "</ResultText></Status><CustVars>" + pair + "</CustVars></ApiCall>";
    }

    static string Escaped(string text)
    {
        return string.Concat(text.Select(one => one > 126 || "<>&'\"".IndexOf(one) >= 0 ? "&#" + (int)one + ";" : one.ToString()));
    }
}
