#include "tests/integration/curl_client.hpp"

namespace apple_test {
namespace {

std::size_t append(char* bytes, std::size_t, std::size_t size, void* to) {
    static_cast<std::string*>(to)->append(bytes, size);
    return size;
}

}  // namespace

Seen ask(const Asked& asked) {
    Seen seen;
    CURL* curl = curl_easy_init();
    curl_slist* headers = nullptr;
    for (const std::string& header : asked.headers) {
        headers = curl_slist_append(headers, header.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_URL, asked.url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, asked.version);
    curl_easy_setopt(curl, CURLOPT_CAINFO, asked.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (asked.body != nullptr) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, asked.body->c_str());
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &seen.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &seen.headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
    seen.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &seen.status);
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &seen.version);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return seen;
}

}  // namespace apple_test
