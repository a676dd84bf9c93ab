// Purpose: `posthouse doctor`: what of this machine and configuration would keep mail from leaving
//   or arriving, and what to do.
// Shapes: {"items":[{"check","state","finding","advice"}]}, state ok, warning or problem.
// Threads: blocking; for the command line. No check takes longer than a few seconds.
#pragma once

#include <string>

#include "app/config.h"
#include "json/json.h"

namespace ph::app {

json::Value diagnose(const Config& config, const std::string& data_dir);

}  // namespace ph::app
