in vec2 corner;
out vec2 v_at;

void main() {
    v_at = vec2(corner.x, -corner.y) * 0.5 + 0.5;
    gl_Position = vec4(corner, 0.99999, 1.0);
}
