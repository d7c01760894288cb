-- Requests of Latent Bridge, by files in FOLDER (see bridge/live/daw/exchange.py). Included in the
-- scripts of the DAWs when they are installed.
local FOLDER = @FOLDER@
local HEADER, STALE_SECONDS = "latent-bridge 1", 20
local TICKS_PER_QUARTER = 960

-- The request that waits, as a table; nil if none does. It is removed first, so that it is done
-- once. One that is torn, stale or of another version is dropped.
local function take_request()
  local path = FOLDER .. "/request"
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a") or ""
  file:close()
  os.remove(path)
  local found, lines = { clips = {}, items = {} }, {}
  for line in text:gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
  if lines[1] ~= HEADER or lines[#lines] ~= "end" then return nil end
  local clip
  for number = 2, #lines - 1 do
    local word, rest = lines[number]:match("^(%S+) ?(.*)$")
    if word == "clip" then
      local channel, track = rest:match("^(%d+) (.+)$")
      clip = { channel = math.tointeger(channel), track = track, notes = {} }
      found.clips[#found.clips + 1] = clip
    elseif word == "note" then
      local tick, length, pitch, velocity = rest:match("^(%d+) (%d+) (%d+) (%d+)$")
      clip.notes[#clip.notes + 1] = {
        tick = math.tointeger(tick), length = math.tointeger(length),
        pitch = math.tointeger(pitch), velocity = math.tointeger(velocity),
      }
    elseif word == "item" then
      found.items[#found.items + 1] = rest
    elseif word then
      found[word] = rest
    end
  end
  if math.abs(os.time() - (tonumber(found.time) or 0)) > STALE_SECONDS then return nil end
  return found
end

-- Write the answer to a request: whole, then renamed.
local function answer(id, lines)
  local path = FOLDER .. "/answer-" .. id
  local file = io.open(path .. ".part", "wb")
  if not file then return end
  file:write(HEADER, "\n", table.concat(lines, "\n"), "\nend\n")
  file:close()
  os.rename(path .. ".part", path)
end

-- Do the request that waits, by the functions in `verbs`; an error becomes the answer.
local function serve(verbs)
  local request = take_request()
  if not request or not (request.id or ""):match("^[%d-]+$") then return end
  local verb = verbs[request["do"]]
  local done, result = pcall(function()
    if not verb then error("this script is too old: install it again", 0) end
    return verb(request)
  end)
  if done then
    table.insert(result, 1, "ok")
    answer(request.id, result)
  else
    answer(request.id, { "error " .. tostring(result):gsub("%s+", " ") })
  end
end

-- "bar 9", "bars 9 to 12": the place of `count` bars from `first` on.
local function bars_text(first, last)
  if last <= first then return "bar " .. first end
  return "bars " .. first .. " to " .. last
end
