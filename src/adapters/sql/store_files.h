// The files behind the stores. Both functions throw SqlFailure.
#pragma once

#include <filesystem>

namespace onrush::sql {

// Makes the directory, readable by its owner only, if it is not there.
void make_directory(const std::filesystem::path& directory);
// Deletes a database and what belongs to it; fine if it is not there.
void delete_database(const std::filesystem::path& file);

}  // namespace onrush::sql
