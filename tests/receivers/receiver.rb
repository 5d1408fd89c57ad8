# Receives Infocaller's events and queries. Run: INFOCALLER_PASSWORD=3956 PORT=8000 ruby receiver.rb (gems webrick and rexml)
require "cgi"
require "digest"
require "json"
require "openssl"
require "rexml/document"
require "uri"
require "webrick"

# The form as bytes, then UTF-8 if they are, else ISO-8859-1, whatever a label says
def text_of(body)
  values = URI.decode_www_form(body.to_s, Encoding::BINARY).filter_map { |name, value| value if name == "apiInfocaller" }
  text = values.length == 1 ? values.first.dup.force_encoding(Encoding::UTF_8) : ""
  text.valid_encoding? ? text : text.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8)
end

def read(text)
  text.lstrip.start_with?("{") ? read_json(text) : read_xml(text)
end

# Line, call id, signature, name of the query, variables
def read_json(text)
  call = JSON.parse(text).fetch("ApiCall")
  user = call.fetch("UserID")
  variables = call.fetch("CustVars").fetch("CustVar").to_h { |one| [one.fetch("VarName"), one.fetch("VarValue")] }
  [*user.fetch_values("LineNumber", "CallSequence", "Signature"), call.fetch("Infocaller")["QueryName"].to_s, variables]
end

# The same. The declaration named the bytes, which are characters by now
def read_xml(text)
  raise "entities are nobody's business here" if text.include?("<!DOCTYPE")
  root = REXML::Document.new(text.sub(/\A\s*<\?xml[^>]*\?>/, "")).root
  raise "another document" unless root && root.name == "ApiCall" && root.namespace == "http://tempuri.org/"
  value = ->(element, path) { element.elements[path]&.text.to_s }
  variables = root.get_elements("CustVars/CustVar").to_h { |one| [value.(one, "VarName"), value.(one, "VarValue")] }
  user = %w[LineNumber CallSequence Signature].map { |name| value.(root, "UserID/#{name}") }
  [*user, value.(root, "Infocaller/QueryName"), variables]
end

def answer(response, json, status, result, words, variables = {})
  response.status = status
  response.content_type = json ? "application/json" : "text/xml"
  if json
    pairs = variables.map { |name, value| { VarName: name, VarValue: value } }
    response.body = JSON.generate(ApiCall: { Status: { Result: result, ResultText: words }, CustVars: { CustVar: pairs } })
  else
    pairs = variables.map { |name, value| "<CustVar><VarName>#{name}</VarName><VarValue>#{CGI.escapeHTML(value)}</VarValue></CustVar>" }
    response.body = "<ApiCall xmlns=\"http://tempuri.org/\"><Status><Result>#{result}</Result><ResultText>#{words}</ResultText></Status>" \
                    "<CustVars>#{pairs.join}</CustVars></ApiCall>"
  end
end

server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: ENV.fetch("PORT"), AccessLog: [])
server.mount_proc("/") do |request, response|
  text = text_of(request.body)
  json = text.lstrip.start_with?("{")
  begin
    line, call, signature, query, variables = read(text)
  rescue StandardError
    next answer(response, json, 400, "1", "not readable")
  end
  # Line, call id and telephone password, in ISO-8859-1; it proves line and call id, nothing else
  expected = Digest::MD5.hexdigest("#{line}#{call}#{ENV.fetch('INFOCALLER_PASSWORD')}".encode(Encoding::ISO_8859_1))
  next answer(response, json, 403, "1", "wrong signature") unless OpenSSL.secure_compare(expected, signature.downcase)
  next if query.gsub(/[[:space:]]/, "").empty? # an event: any 2xx will do
  answer(response, json, 200, "0", "OK", "ECO" => variables.fetch("NOMBRE", ""))
end
server.start
