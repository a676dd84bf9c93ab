#include "app/offline.h"

#include <filesystem>

#include "app/services.h"
#include "base/log.h"
#include "control/control_door.h"
#include "queue/open_deliveries.h"
#include "store/fsck.h"

namespace ph::app {
namespace {

struct Offline {
  std::unique_ptr<net::Loop> loop = net::Loop::make();
  std::unique_ptr<Services> services;
};

Result<Offline> open_offline(const ConfigSources& sources, const std::string& data_dir) {
  log::set_level(log::Level::warn);
  Offline out;
  ServicesOptions options;
  options.config = TRY(load_config(sources));
  options.data_dir = data_dir;
  options.mode = Mode::offline;
  options.net_loops = {out.loop.get()};
  options.queue_loop = out.loop.get();
  out.services = TRY(Services::open(std::move(options)));
  return out;
}

}  // namespace

Result<json::Value> run_offline(const ConfigSources& sources, const std::string& data_dir,
                                const std::string& operation, json::Value arguments) {
  Offline offline = TRY(open_offline(sources, data_dir));
  control::Operations operations(offline.services->control_services());
  return control::answer_json(
      offline.loop->run_until(operations.run(operation, std::move(arguments))));
}

Result<json::Value> check_store(const ConfigSources& sources, const std::string& data_dir) {
  if (!std::filesystem::is_directory(data_dir))
    return fail(Errc::not_found, "there is no data directory " + data_dir);
  Offline offline = TRY(open_offline(sources, data_dir));
  auto findings = TRY(store::fsck(offline.services->store()));
  json::Value list = json::Value::array();
  for (const store::Finding& finding : findings) list.push(finding.what);
  std::string path = queue::open_deliveries_path(offline.services->data_dir());
  for (std::string& what : TRY(queue::check_open_deliveries(path, offline.services->store())))
    list.push(std::move(what));
  return json::Value::object({{"findings", list}});
}

}  // namespace ph::app
