#include "core/settings_json.h"

namespace ph::core {

json::Value setting_json(const SettingView& view) {
  const Setting& setting = *view.setting;
  json::Value words = json::Value::array();
  for (std::string_view word : setting.words) words.push(word);
  return json::Value::object({{"name", setting.name},
                              {"kind", setting_kind_name(setting.kind)},
                              {"value", view.value},
                              {"own", view.own},
                              {"fallback", setting.fallback},
                              {"words", std::move(words)},
                              {"help", setting.help},
                              {"least", setting.least},
                              {"most", setting.most},
                              {"per_account", setting.reach == SettingReach::accounts}});
}

}  // namespace ph::core
