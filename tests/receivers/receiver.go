// Receives Infocaller's events and queries. Run: INFOCALLER_PASSWORD=3956 PORT=8000 go run receiver.go
package main

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

type variable struct{ VarName, VarValue string }

type call struct {
	XMLName    xml.Name `xml:"http://tempuri.org/ ApiCall" json:"-"`
	UserID     *struct{ LineNumber, CallSequence, Signature string }
	Infocaller struct{ QueryName string }
	CustVars   struct{ CustVar []variable }
}

type answer struct {
	Status   struct{ Result, ResultText string }
	CustVars struct{ CustVar []variable }
}

var declaration = regexp.MustCompile(`^\s*<\?xml[^>]*\?>`)

// A Go string holds bytes: nothing is lost in the form. UTF-8 if they are, else ISO-8859-1, whatever a label says
func textOf(value string) string {
	if utf8.ValidString(value) {
		return value
	}
	runes := make([]rune, len(value))
	for i := 0; i < len(value); i++ {
		runes[i] = rune(value[i])
	}
	return string(runes)
}

func latin1(text string) []byte {
	var bytes []byte
	for _, character := range text {
		bytes = append(bytes, byte(character))
	}
	return bytes
}

func isJSON(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), "{") }

func read(text string) (found call, err error) {
	if isJSON(text) {
		var document struct{ ApiCall *call }
		if err = json.Unmarshal([]byte(text), &document); err == nil && document.ApiCall != nil {
			found = *document.ApiCall
		}
	} else {
		// The declaration named the bytes, which are UTF-8 by now: without it no CharsetReader is asked for
		decoder := xml.NewDecoder(strings.NewReader(declaration.ReplaceAllString(text, "")))
		if err = decoder.Decode(&found); err == nil {
			if _, behind := decoder.Token(); behind != io.EOF {
				err = errors.New("something stands behind the document")
			}
		}
	}
	if err == nil && found.UserID == nil {
		err = errors.New("another document")
	}
	return
}

func respond(response http.ResponseWriter, inJSON bool, status int, result, words string, variables ...variable) {
	if inJSON {
		var document struct{ ApiCall answer }
		document.ApiCall.Status.Result, document.ApiCall.Status.ResultText = result, words
		document.ApiCall.CustVars.CustVar = append([]variable{}, variables...)
		body, _ := json.Marshal(document)
		response.Header().Set("Content-Type", "application/json")
		response.WriteHeader(status)
		response.Write(body)
		return
	}
	plain := func(value string) string {
		var escaped strings.Builder
		xml.EscapeText(&escaped, []byte(value))
		return escaped.String()
	}
	pairs := ""
	for _, one := range variables {
		pairs += fmt.Sprintf("<CustVar><VarName>%s</VarName><VarValue>%s</VarValue></CustVar>", plain(one.VarName), plain(one.VarValue))
	}
	response.Header().Set("Content-Type", "text/xml")
	response.WriteHeader(status)
	fmt.Fprintf(response, `<ApiCall xmlns="http://tempuri.org/"><Status><Result>%s</Result><ResultText>%s</ResultText></Status>`+
		`<CustVars>%s</CustVars></ApiCall>`, result, plain(words), pairs)
}

func receive(response http.ResponseWriter, request *http.Request) {
	text := textOf(request.PostFormValue("apiInfocaller"))
	found, err := read(text)
	if err != nil || len(request.PostForm["apiInfocaller"]) != 1 {
		respond(response, isJSON(text), 400, "1", "not readable")
		return
	}
	// Line, call id and telephone password, in ISO-8859-1; it proves line and call id, nothing else
	sum := md5.Sum(latin1(found.UserID.LineNumber + found.UserID.CallSequence + os.Getenv("INFOCALLER_PASSWORD")))
	signature := strings.ToLower(found.UserID.Signature)
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(signature)) != 1 {
		respond(response, isJSON(text), 403, "1", "wrong signature")
		return
	}
	if strings.TrimSpace(found.Infocaller.QueryName) == "" {
		return // an event: any 2xx will do
	}
	name := ""
	for _, one := range found.CustVars.CustVar {
		if one.VarName == "NOMBRE" {
			name = one.VarValue
		}
	}
	respond(response, isJSON(text), 200, "0", "OK", variable{"ECO", name})
}

func main() {
	http.HandleFunc("/", receive)
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
