#include "core/domain_check.h"

namespace ph::core {
namespace {

constexpr size_t kStoredBytes = 256u << 10;

RecordState parse_state(std::string_view name) {
  for (RecordState s :
       {RecordState::ok, RecordState::missing, RecordState::wrong, RecordState::conflicting})
    if (record_state_name(s) == name) return s;
  return RecordState::unknown;
}

json::Value record_json(const RecordFinding& f) {
  json::Value found = json::Value::array();
  for (const std::string& value : f.found) found.push(value);
  json::Value out = json::Value::object({{"check", f.check},
                                         {"host", f.host},
                                         {"type", f.type},
                                         {"expected", f.expected},
                                         {"found", found},
                                         {"state", record_state_name(f.state)},
                                         {"advice", f.advice},
                                         {"ttl", f.ttl}});
  if (f.optional) out.set("optional", true);
  if (f.secure) out.set("secure", true);
  return out;
}

Result<RecordFinding> parse_record(const json::Reader& reader) {
  constexpr size_t kText = 8192;
  RecordFinding f;
  auto text = [&](std::string_view name) -> Result<std::string> {
    return TRY(reader.at(name)).string(kText);
  };
  f.check = TRY(text("check"));
  f.host = TRY(text("host"));
  f.type = TRY(text("type"));
  f.expected = TRY(text("expected"));
  f.state = parse_state(TRY(text("state")));
  f.advice = TRY(text("advice"));
  f.ttl = TRY(TRY(reader.at("ttl")).integer());
  for (const json::Reader& item : TRY(TRY(reader.at("found")).items(100)))
    f.found.push_back(TRY(item.string(kText)));
  f.optional = TRY(reader.maybe("optional")).has_value();
  f.secure = TRY(reader.maybe("secure")).has_value();
  return f;
}

}  // namespace

json::Value domain_check_json(const std::string& name, DomainState state,
                              const DomainCheck& check) {
  json::Value records = json::Value::array();
  for (const RecordFinding& f : check.records) records.push(record_json(f));
  return json::Value::object(
      {{"domain", name}, {"state", store::domain_state_name(state)}, {"records", records}});
}

Result<DomainCheck> parse_domain_check(std::string_view text) {
  auto value = TRY(json::parse(text, kStoredBytes));
  json::Reader reader(value);
  DomainCheck check;
  for (const json::Reader& item : TRY(TRY(reader.at("records")).items(100)))
    check.records.push_back(TRY(parse_record(item)));
  return check;
}

}  // namespace ph::core
