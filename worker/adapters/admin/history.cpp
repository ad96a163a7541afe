#include "worker/adapters/admin/history.hpp"

namespace admin {

void History::took(Moment moment) {
    next_ = moment.at + interval;
    if (moments_.size() == moments_max) {
        moments_.erase(moments_.begin());
    }
    moments_.push_back(moment);
}

}  // namespace admin
